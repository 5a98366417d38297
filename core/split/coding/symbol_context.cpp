#include "core/split/coding/symbol_context.hpp"

namespace sluice::split {

std::int32_t expectation(const SymbolModel& model, const FeatureView& features, std::uint32_t channel, std::uint32_t x,
                         std::uint32_t y) {
  const std::uint32_t width = model.width;
  const std::uint32_t position = y * width + x;
  const std::uint8_t* weights = model.weights + channel * (kNeighbours + std::size_t{model.earlier_channels});
  std::int32_t sum = 0;
  const auto add = [&](std::uint32_t tap, std::uint32_t of_channel, std::uint32_t at) {
    sum += static_cast<std::int8_t>(weights[tap]) * clamped(model, features.at(of_channel, at));
  };
  if (x > 0) add(0, channel, position - 1);
  if (y > 0) {
    add(1, channel, position - width);
    if (x > 0) add(2, channel, position - width - 1);
    if (x + 1 < width) add(3, channel, position - width + 1);
  }
  for (std::uint32_t back = 1; back <= channel && back <= model.earlier_channels; ++back) {
    add(kNeighbours + back - 1, channel - back, position);
  }
  return sum;
}

std::uint32_t table_of(const SymbolModel& model, const FeatureView& features, std::uint32_t channel, std::uint32_t x,
                       std::uint32_t y) {
  const std::uint8_t* numbers = model.table_numbers + channel * std::size_t{model.classes};
  if (model.classes == 1) return numbers[0];
  const std::int32_t sum = expectation(model, features, channel, x, y);
  const std::uint8_t* limits = model.limits + channel * (model.classes - std::size_t{1}) * 2;
  std::uint32_t reached = 0;
  for (std::uint32_t i = 0; i + 1 < model.classes; ++i) {
    if (sum >= static_cast<std::int16_t>(load_u16(limits + std::size_t{i} * 2))) ++reached;
  }
  return numbers[reached];
}

}  // namespace sluice::split
