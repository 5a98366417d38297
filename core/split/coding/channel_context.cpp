#include "core/split/coding/channel_context.hpp"

namespace sluice::split {

ChannelContext::ChannelContext(const SymbolModel& model, const FeatureView& features, std::uint32_t channel)
    : model_(model),
      features_(features),
      channel_(channel),
      refines_(features.refines(channel)),
      weights_(model.weights + channel * (kNeighbours + std::size_t{model.earlier_channels})),
      numbers_(model.table_numbers + channel * std::size_t{model.classes}),
      limit_count_(model.classes - 1U) {
  const std::uint8_t* limits = model.limits + std::size_t{channel} * limit_count_ * 2;
  for (std::uint32_t i = 0; i < limit_count_; ++i) {
    limits_[i] = static_cast<std::int16_t>(little_u16(limits + std::size_t{i} * 2));
  }
}

// A product of two numbers of int8 fits in 16 bits, which lets compilers multiply eight at a time on any machine.
template <typename Of>
void ChannelContext::add(std::uint32_t first, std::uint32_t count, const std::int8_t* values, unsigned weight, Of of) {
  const auto factor = static_cast<std::int16_t>(static_cast<std::int8_t>(weights_[weight]));
  if (factor == 0) return;
  const auto least = static_cast<std::int16_t>(model_.first_value);
  const auto most = static_cast<std::int16_t>(model_.last_value());
  std::int32_t* __restrict sums = sums_ + first;
  const std::int8_t* __restrict from = values;
  const auto product = [&](std::int8_t value) {
    const auto term = static_cast<std::int16_t>(of(value));
    const std::int16_t clamped = term < least ? least : term > most ? most : term;
    return static_cast<std::int16_t>(clamped * factor);
  };
  const std::size_t stride = features_.position_stride();
  if (stride == 1) {
    for (std::uint32_t i = 0; i < count; ++i) sums[i] += product(from[i]);
  } else {
    for (std::uint32_t i = 0; i < count; ++i) sums[i] += product(from[i * stride]);
  }
}

// Values of the channel itself; of what is left of a value its neighbours' whole values.
void ChannelContext::add_neighbours(std::uint32_t first, std::uint32_t count, std::uint32_t position, unsigned weight) {
  const std::int8_t* values = features_.values(channel_, position);
  if (model_.refinement == 1 || refines_) {
    add(first, count, values, weight, [](std::int8_t value) { return value; });
  } else {
    add(first, count, values, weight, [this](std::int8_t value) { return features_.coarse_of(value); });
  }
}

// The whole band of a coded channel.
void ChannelContext::add_coded(std::uint32_t channel, std::uint32_t position, unsigned weight) {
  const std::uint32_t count = (band_end_ - band_begin_) * model_.width;
  const std::int8_t* values = features_.values(channel, position);
  const auto coarse = [this](std::int8_t value) { return features_.coarse_of(value); };
  if (model_.refinement == 1) {
    add(0, count, values, weight, [](std::int8_t value) { return value; });
  } else if (features_.refines(channel)) {
    add(0, count, values, weight, [&](std::int8_t value) { return value - coarse(value) * model_.refinement; });
  } else {
    add(0, count, values, weight, coarse);
  }
}

void ChannelContext::begin_band(std::uint32_t y) {
  const std::uint32_t rows = kBand / model_.width;
  const std::uint32_t left = model_.height - y;
  band_begin_ = y;
  band_end_ = y + (rows < left ? rows : left);
  for (std::uint32_t i = 0; i < (band_end_ - band_begin_) * model_.width; ++i) sums_[i] = 0;

  const std::uint32_t position = y * model_.width;
  std::uint32_t weight = kNeighbours;
  const std::uint32_t end = kNeighbours + model_.earlier_channels;
  if (refines_ && weight < end) add_coded(features_.coarse_channel(channel_), position, weight++);
  for (std::uint32_t back = 1; back <= channel_ && weight < end; ++back) {
    add_coded(channel_ - back, position, weight++);
  }
}

void ChannelContext::begin_row(std::uint32_t y) {
  row_ = y;
  if (limit_count_ == 0) return;
  if (y >= band_end_) begin_band(y);
  if (y == 0) return;
  const std::uint32_t first = (y - band_begin_) * model_.width;
  const std::uint32_t above = (y - 1) * model_.width;
  add_neighbours(first, model_.width, above, 1);           // above
  add_neighbours(first + 1, model_.width - 1U, above, 2);  // to its left
  add_neighbours(first, model_.width - 1U, above + 1, 3);  // to its right
}

std::uint32_t ChannelContext::table(std::uint32_t x) const {
  if (limit_count_ == 0) return numbers_[0];
  std::int32_t sum = sums_[(row_ - band_begin_) * model_.width + x];
  if (x > 0) {
    const std::uint32_t left = row_ * model_.width + x - 1;
    const int value = refines_ ? features_.whole(channel_, left) : features_.at(channel_, left);
    sum += static_cast<std::int8_t>(weights_[0]) * clamped(model_, value);
  }
  std::uint32_t reached = 0;
  for (std::uint32_t i = 0; i < limit_count_; ++i) reached += sum >= limits_[i] ? 1 : 0;
  return numbers_[reached];
}

}  // namespace sluice::split
