#include "core/split/coding/symbol_context.hpp"

namespace sluice::split {

std::int32_t expectation(const SymbolModel& model, const FeatureView& features, std::uint32_t channel, std::uint32_t x,
                         std::uint32_t y) {
  const std::uint8_t* weights = model.weights + channel * (kNeighbours + std::size_t{model.earlier_channels});
  std::int32_t sum = 0;
  visit_context(features, model.width, model.earlier_channels, channel, x, y, [&](std::uint32_t weight, int value) {
    sum += static_cast<std::int8_t>(weights[weight]) * clamped(model, value);
  });
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
    if (sum >= static_cast<std::int16_t>(little_u16(limits + std::size_t{i} * 2))) ++reached;
  }
  return numbers[reached];
}

}  // namespace sluice::split
