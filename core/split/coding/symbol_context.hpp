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

// Calls visit(weight's number, channel, position) for each value that a symbol's expectation looks at: its neighbours in its own
// channel as far as they exist, then its own place in up to `earlier_channels` channels before.
template <typename Visit>
void visit_context(std::uint32_t width, std::uint32_t earlier_channels, std::uint32_t channel, std::uint32_t x,
                   std::uint32_t y, Visit visit) {
  const std::uint32_t position = y * width + x;
  if (x > 0) visit(0, channel, position - 1);
  if (y > 0) {
    visit(1, channel, position - width);
    if (x > 0) visit(2, channel, position - width - 1);
    if (x + 1 < width) visit(3, channel, position - width + 1);
  }
  for (std::uint32_t back = 1; back <= channel && back <= earlier_channels; ++back) {
    visit(kNeighbours + back - 1, channel - back, position);
  }
}

// The weighted sum of the values before this one; those outside the channel count as 0, and each is clamped to what the model
// has symbols for.
std::int32_t expectation(const SymbolModel& model, const FeatureView& features, std::uint32_t channel, std::uint32_t x,
                         std::uint32_t y);

// The number of the table that the symbol is coded with.
std::uint32_t table_of(const SymbolModel& model, const FeatureView& features, std::uint32_t channel, std::uint32_t x,
                       std::uint32_t y);

}  // namespace sluice::split
