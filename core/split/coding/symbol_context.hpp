// What is to be expected of a symbol from those coded before it, which encoder and decoder know alike. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {

// Features as they are coded. Their values are borrowed: those of a channel lie `position_stride` apart, row after row.
class FeatureView {
 public:
  FeatureView(const std::int8_t* values, std::size_t position_stride, std::size_t channel_stride,
              std::uint32_t feature_channels, int refinement)
      : values_(values),
        position_stride_(position_stride),
        channel_stride_(channel_stride),
        feature_channels_(feature_channels),
        refinement_(refinement),
        reciprocal_((std::uint32_t{1} << kReciprocalBits) / static_cast<std::uint32_t>(refinement) + 1) {}
  FeatureView(const SymbolModel& model, const std::int8_t* values, std::size_t position_stride,
              std::size_t channel_stride)
      : FeatureView(values, position_stride, channel_stride, model.feature_channels(), model.refinement) {}

  // Whether the coded channel holds what is left of coarse values.
  bool refines(std::uint32_t channel) const { return channel >= feature_channels_; }
  // The coded channel that holds the coarse values of one that refines them.
  std::uint32_t coarse_channel(std::uint32_t channel) const { return channel - feature_channels_; }
  // Where the feature lies that a coded channel is of; those of the places after it `position_stride()` apart.
  const std::int8_t* values(std::uint32_t channel, std::uint32_t position) const {
    const std::uint32_t of = refines(channel) ? coarse_channel(channel) : channel;
    return values_ + of * channel_stride_ + position * position_stride_;
  }
  std::size_t position_stride() const { return position_stride_; }
  int whole(std::uint32_t channel, std::uint32_t position) const { return *values(channel, position); }
  int coarse(std::uint32_t channel, std::uint32_t position) const { return coarse_of(whole(channel, position)); }
  // The symbol's value.
  int at(std::uint32_t channel, std::uint32_t position) const {
    const int value = whole(channel, position);
    if (refinement_ == 1) return value;
    const int coarse = coarse_of(value);
    return refines(channel) ? value - coarse * refinement_ : coarse;
  }
  // The number of the multiple of the refinement step that is nearest. Multiplied, since a microcontroller divides slowly; exact for
  // values of int8.
  int coarse_of(int value) const {
    const auto shifted = static_cast<std::uint32_t>(value + refinement_ / 2 + kAbove * refinement_);
    return static_cast<int>(shifted * reciprocal_ >> kReciprocalBits) - kAbove;
  }

 private:
  static constexpr unsigned kReciprocalBits = 20;
  static constexpr int kAbove = 128;  // steps that are added, so that the sum is not negative

  const std::int8_t* values_;
  std::size_t position_stride_;
  std::size_t channel_stride_;
  std::uint32_t feature_channels_;
  int refinement_;
  std::uint32_t reciprocal_;
};

inline int clamped(const SymbolModel& model, int value) {
  const int last = model.last_value();
  return value < model.first_value ? model.first_value : value > last ? last : value;
}

// Calls visit(weight's number, value) for each value that a symbol's expectation looks at: its neighbours in its own channel as
// far as they exist, then its own place in up to `earlier_channels` channels before. Of what is left of a value, all that is
// known of its neighbours, and first among the channels before its own coarse value.
template <typename Visit>
void visit_context(const FeatureView& features, std::uint32_t width, std::uint32_t earlier_channels,
                   std::uint32_t channel, std::uint32_t x, std::uint32_t y, Visit visit) {
  const std::uint32_t position = y * width + x;
  const bool refines = features.refines(channel);
  const auto neighbour = [&](std::uint32_t weight, std::uint32_t at) {
    visit(weight, refines ? features.whole(channel, at) : features.at(channel, at));
  };
  if (x > 0) neighbour(0, position - 1);
  if (y > 0) {
    neighbour(1, position - width);
    if (x > 0) neighbour(2, position - width - 1);
    if (x + 1 < width) neighbour(3, position - width + 1);
  }
  std::uint32_t weight = kNeighbours;
  const std::uint32_t end = kNeighbours + earlier_channels;
  if (refines && weight < end) visit(weight++, features.coarse(channel, position));
  for (std::uint32_t back = 1; back <= channel && weight < end; ++back) {
    visit(weight++, features.at(channel - back, position));
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
