// What is to be expected of a symbol from those coded before it, which encoder and decoder know alike. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {

// Values of features, borrowed: those of a channel lie `position_stride` apart, row after row.
struct FeatureView {
  const std::int8_t* values = nullptr;
  std::size_t position_stride = 0;
  std::size_t channel_stride = 0;

  int at(std::uint32_t channel, std::uint32_t position) const {
    return values[channel * channel_stride + position * position_stride];
  }
};

inline int clamped(const SymbolModel& model, int value) {
  const int last = model.last_value();
  return value < model.first_value ? model.first_value : value > last ? last : value;
}

// The weighted sum of the values before this one; those outside the channel count as 0, and each is clamped to what the model
// has symbols for.
std::int32_t expectation(const SymbolModel& model, const FeatureView& features, std::uint32_t channel, std::uint32_t x,
                         std::uint32_t y);

// The number of the table that the symbol is coded with.
std::uint32_t table_of(const SymbolModel& model, const FeatureView& features, std::uint32_t channel, std::uint32_t x,
                       std::uint32_t y);

}  // namespace sluice::split
