// The tables of a channel's symbols in their order: what table_of() (symbol_context.hpp) says of each, at a fraction of its time. What a
// symbol is to expect of earlier channels and of the rows above is added up for many places at once; only its left neighbour is its own.
// Freestanding: a kilobyte on the stack, no other memory. Borrows model and features. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/split/coding/symbol_context.hpp"
#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {

class ChannelContext {
 public:
  // Precondition: channel < model.channels; the features of the channels before are final.
  ChannelContext(const SymbolModel& model, const FeatureView& features, std::uint32_t channel);

  // Rows in their order, from 0 on; those above are final.
  void begin_row(std::uint32_t y);
  // The number of the table of the symbol at `x` of the row. Precondition: those to its left are final.
  std::uint32_t table(std::uint32_t x) const;

 private:
  static constexpr std::uint32_t kBand = kMaxSide;  // places whose earlier channels are added up at once: whole rows

  void begin_band(std::uint32_t y);
  void add_neighbours(std::uint32_t first, std::uint32_t count, std::uint32_t position, unsigned weight);
  void add_coded(std::uint32_t channel, std::uint32_t position, unsigned weight);
  template <typename Of>
  void add(std::uint32_t first, std::uint32_t count, const std::int8_t* values, unsigned weight, Of of);

  const SymbolModel& model_;
  const FeatureView& features_;
  const std::uint32_t channel_;
  const bool refines_;
  const std::uint8_t* const weights_;
  const std::uint8_t* const numbers_;
  std::uint32_t limit_count_;
  std::uint32_t row_ = 0;         // that symbols are asked for in
  std::uint32_t band_begin_ = 0;  // rows
  std::uint32_t band_end_ = 0;
  std::int32_t limits_[kMaxClasses];
  std::int32_t sums_[kBand];  // of the band, less what lies to the left
};

}  // namespace sluice::split
