#include "tests/core/split/device/random_unit.hpp"

#include <cmath>

#include "core/split/coding/symbol_model_builder.hpp"
#include "core/split/device/interpreter.hpp"

namespace sluice::test {
namespace {

split::LayerPlan random_layer(Noise& noise, split::LayerKind kind, int in, int out, int kernel, int stride,
                              int padding) {
  split::LayerPlan layer;
  layer.kind = kind;
  layer.kernel = static_cast<std::uint8_t>(kernel);
  layer.stride = static_cast<std::uint8_t>(stride);
  layer.padding = static_cast<std::uint8_t>(padding);
  const int terms = kernel * kernel * (kind == split::LayerKind::kDepthwise ? 1 : in);
  for (int i = 0; i < terms * out; ++i) layer.weights.push_back(static_cast<std::int8_t>(noise.between(-128, 127)));
  for (int i = 0; i < out; ++i) {
    layer.biases.push_back(noise.between(-9000, 9000));
    if (kind != split::LayerKind::kHead) layer.factors.push_back(0.0001 * noise.between(1, 40));
  }
  return layer;
}

}  // namespace

split::UnitPlan random_plan(std::uint32_t seed) {
  using split::LayerKind;
  Noise noise{seed};
  split::UnitPlan plan;
  plan.picture_width = 12;
  plan.picture_height = 8;
  plan.layers.push_back(random_layer(noise, LayerKind::kConvolution, 3, 7, 3, 2, 1));
  plan.layers.push_back(random_layer(noise, LayerKind::kConvolution, 7, 6, 1, 1, 0));
  plan.layers.push_back(random_layer(noise, LayerKind::kDepthwise, 6, 6, 3, 1, 1));
  plan.layers.push_back(random_layer(noise, LayerKind::kConvolution, 6, 18, 1, 1, 0));
  plan.layers.push_back(random_layer(noise, LayerKind::kDepthwise, 18, 18, 3, 2, 1));
  plan.layers.push_back(random_layer(noise, LayerKind::kHead, 18, 3, 1, 1, 0));
  plan.layers[1].output_zero = 120;
  plan.layers[2].output_zero = 77;
  plan.layers[2].output_least = 3;
  plan.layers[2].output_most = 240;
  plan.features_layer = 1;
  plan.local_channels = 2;
  plan.first_symbol = -31;
  plan.last_symbol = 31;
  for (int i = 0; i < 6; ++i) plan.symbol_factors.push_back(0.0001 * noise.between(1, 30));
  plan.logit_scale = 0.0005F;
  plan.shares = {1, 0.7F, 0.5F, 0.3F, 0.25F};
  return plan;
}

split::UnitPlan cifar_sized_plan(std::uint32_t seed) {
  using split::LayerKind;
  Noise noise{seed};
  split::UnitPlan plan;
  plan.picture_width = plan.picture_height = 32;
  plan.layers = {random_layer(noise, LayerKind::kConvolution, 3, 32, 4, 4, 0),
                 random_layer(noise, LayerKind::kConvolution, 32, 24, 1, 1, 0),
                 random_layer(noise, LayerKind::kDepthwise, 24, 24, 3, 1, 1),
                 random_layer(noise, LayerKind::kConvolution, 24, 48, 1, 1, 0),
                 random_layer(noise, LayerKind::kDepthwise, 48, 48, 3, 2, 1),
                 random_layer(noise, LayerKind::kDepthwise, 48, 48, 3, 1, 1),
                 random_layer(noise, LayerKind::kConvolution, 48, 96, 1, 1, 0),
                 random_layer(noise, LayerKind::kDepthwise, 96, 96, 3, 2, 1),
                 random_layer(noise, LayerKind::kHead, 96, 10, 1, 1, 0)};
  // Results spread over a byte: a sum's deviation is about that of its products times the root of their number.
  for (split::LayerPlan& layer : plan.layers) {
    const double terms = static_cast<double>(layer.weights.size()) / static_cast<double>(layer.biases.size());
    for (double& factor : layer.factors)
      factor = 50 / (73 * 90 * std::sqrt(terms)) * (0.5 + 0.01 * noise.between(0, 99));
    layer.output_zero = layer.factors.size() == 24 ? 128 : 0;
  }
  plan.features_layer = 1;
  plan.local_channels = 5;
  plan.first_symbol = -31;
  plan.last_symbol = 31;
  for (const double factor : plan.layers[1].factors) plan.symbol_factors.push_back(factor / 16);
  plan.logit_scale = 0.0001F;
  for (int i = 0; i <= 19; ++i) plan.shares.push_back(1 - 0.04F * static_cast<float>(i));
  return plan;
}

split::UnitPlan with_symbol_model(split::UnitPlan plan, std::uint32_t refinement) {
  const auto bytes = split::write_device_unit(plan);
  split::DeviceUnit unit;
  if (!bytes || split::read_device_unit(*bytes, unit) != split::UnitStatus::kGood) return plan;
  std::vector<std::uint32_t> arena((unit.arena_bytes + 3) / 4);
  std::vector<std::int8_t> values;
  const std::size_t positions = std::size_t{unit.feature_width} * unit.feature_height;
  for (std::uint32_t seed = 100; seed < 140; ++seed) {
    const auto answer =
        split::run(unit, random_picture(plan, seed), {reinterpret_cast<std::uint8_t*>(arena.data()), 4 * arena.size()});
    for (std::size_t c = unit.local_channels; c < unit.channels; ++c) {
      for (std::size_t p = 0; p < positions; ++p) values.push_back(answer.symbols[p * unit.channels + c]);
    }
  }
  auto coding = split::build_symbol_model({unit.sent_channels(), unit.feature_width, unit.feature_height, values},
                                          {.refinement = refinement});
  if (coding) plan.coding = std::move(*coding);
  if (refinement > 1) {
    for (const float share : std::vector(plan.shares.begin() + 1, plan.shares.end())) plan.shares.push_back(share / 2);
  }
  return plan;
}

std::vector<std::uint8_t> random_picture(const split::UnitPlan& plan, std::uint32_t seed) {
  Noise noise{seed};
  std::vector<std::uint8_t> picture(std::size_t{3} * plan.picture_width * plan.picture_height);
  for (std::uint8_t& value : picture) value = static_cast<std::uint8_t>(noise.between(0, 255));
  return picture;
}

}  // namespace sluice::test
