#include "core/split/device/interpreter.hpp"

#include "core/split/device/layers.hpp"
#include "core/split/little_endian.hpp"

namespace sluice::split {

DeviceAnswer run(const DeviceUnit& unit, std::span<const std::uint8_t> picture, std::span<std::uint8_t> arena) {
  if (picture.size() != unit.picture_bytes() || arena.size() < unit.arena_bytes) return {};
  if (reinterpret_cast<std::uintptr_t>(arena.data()) % alignof(std::int32_t) != 0) return {};
  auto* const symbols = reinterpret_cast<std::int8_t*>(arena.data() + unit.symbols_at);
  auto* const logits = reinterpret_cast<std::int32_t*>(arena.data() + unit.logits_at);
  const std::uint8_t* input = picture.data();
  std::uint8_t input_zero = kPictureZero;
  for (std::size_t i = 0; i < unit.layer_count; ++i) {
    const Layer& layer = unit.layers[i];
    const LayerOutput output{arena.data() + layer.output_at, i == unit.features_layer ? symbols : nullptr};
    switch (layer.kind) {
      case LayerKind::kConvolution:
        run_convolution(unit, layer, input, input_zero, arena.data() + layer.window_at, output);
        break;
      case LayerKind::kDepthwise: run_depthwise(unit, layer, input, input_zero, output); break;
      case LayerKind::kHead: run_head(layer, input, logits); break;
    }
    input = output.values;
    input_zero = layer.output_zero;
  }
  return {{symbols, unit.symbol_bytes()}, {logits, unit.classes}};
}

EncodedFeatures encode(const DeviceUnit& unit, std::span<const std::int8_t> symbols, std::span<std::uint8_t> out,
                       std::uint16_t most_channels, std::uint32_t* closed_bytes) {
  if (unit.coding.channels == 0 || symbols.size() != unit.symbol_bytes()) return {};
  return encode_features(unit.coding, symbols.data() + unit.local_channels, unit.channels, 1, out, most_channels,
                         closed_bytes);
}

bool combine(const DeviceUnit& unit, std::span<const std::int32_t> local, std::span<const float> remote,
             std::size_t arrived_channels, std::span<float> combined) {
  const std::size_t classes = unit.classes;
  if (local.size() != classes || combined.size() != classes) return false;
  if (arrived_channels > unit.coded_channels()) return false;
  if (arrived_channels > 0 && remote.size() != classes) return false;
  const float share = little_f32(unit.shares + 4 * arrived_channels);
  for (std::size_t k = 0; k < classes; ++k) {
    const float guess = static_cast<float>(local[k]) * unit.logit_scale;
    combined[k] = arrived_channels == 0 ? guess : share * guess + (1 - share) * remote[k];
  }
  return true;
}

}  // namespace sluice::split
