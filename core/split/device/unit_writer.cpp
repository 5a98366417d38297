#include "core/split/device/unit_writer.hpp"

#include <bit>
#include <cmath>

#include "core/split/device/arena_plan.hpp"
#include "core/split/device/rescale.hpp"

namespace sluice::split {
namespace {

class UnitBytes {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value & 0xFF));
    u8(static_cast<std::uint8_t>(value >> 8));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value & 0xFFFF));
    u16(static_cast<std::uint16_t>(value >> 16));
  }
  void set_u32(std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes_[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  // The start of a part.
  std::uint32_t align() {
    while (bytes_.size() % 4 != 0) u8(0);
    return static_cast<std::uint32_t>(bytes_.size());
  }

  std::vector<std::uint8_t> bytes_;
};

// Sides and channels of each layer, from the plan alone: the reader's checks come afterwards.
struct Sizes {
  std::uint32_t width, height, channels;
  std::uint32_t values() const { return width * height * channels; }
};

std::vector<Sizes> sizes_of(const UnitPlan& plan) {
  std::vector<Sizes> sizes{{plan.picture_width, plan.picture_height, 3}};
  for (const LayerPlan& layer : plan.layers) {
    const auto channels = static_cast<std::uint32_t>(layer.biases.size());
    const auto side = [&](std::uint32_t input) {
      const std::uint32_t padded = input + 2U * layer.padding;
      return padded < layer.kernel || layer.stride == 0 ? 0 : (padded - layer.kernel) / layer.stride + 1;
    };
    sizes.push_back({side(sizes.back().width), side(sizes.back().height), channels});
  }
  return sizes;
}

struct Places {
  std::uint32_t arena_bytes = 0;
  std::uint32_t symbols = 0;
  std::uint32_t logits = 0;
  std::vector<std::uint32_t> outputs;
  std::vector<std::uint32_t> windows;
};

// A result lives from its layer to the next; symbols from the features' layer to the end.
Places plan_places(const UnitPlan& plan, const std::vector<Sizes>& sizes) {
  const std::size_t count = plan.layers.size();
  std::vector<ArenaBuffer> buffers;
  for (std::size_t i = 0; i < count; ++i) {
    const LayerPlan& layer = plan.layers[i];
    const bool is_head = i + 1 == count;
    const bool gathers = layer.kind == LayerKind::kConvolution && layer.kernel > 1;
    const std::uint32_t window = gathers ? 1U * layer.kernel * layer.kernel * sizes[i].channels : 0;
    buffers.push_back({is_head ? 4 * sizes[i + 1].channels : sizes[i + 1].values(), i, i + 1});
    buffers.push_back({window, i, i});
  }
  buffers.push_back({sizes[plan.features_layer + 1U].values(), plan.features_layer, count});
  Places places;
  places.arena_bytes = plan_arena(buffers);
  places.symbols = buffers.back().at;
  places.logits = buffers[2 * (count - 1)].at;
  for (std::size_t i = 0; i < count; ++i) {
    places.outputs.push_back(i + 1 == count ? 0 : buffers[2 * i].at);
    places.windows.push_back(buffers[2 * i + 1].at);
  }
  return places;
}

Result<void> check_counts(const UnitPlan& plan, const std::vector<Sizes>& sizes) {
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const LayerPlan& layer = plan.layers[i];
    const std::size_t out = layer.biases.size();
    const std::size_t taps = std::size_t{layer.kernel} * layer.kernel;
    std::size_t weights = taps * sizes[i].channels * out;
    if (layer.kind == LayerKind::kDepthwise) weights = taps * out;
    if (layer.weights.size() != weights) {
      return fail(ErrorCode::kInvalidArgument,
                  {"layer ", i, " of the device unit has ", layer.weights.size(), " weights and needs ", weights});
    }
    if (layer.factors.size() != (layer.kind == LayerKind::kHead ? 0 : out)) {
      return fail(ErrorCode::kInvalidArgument, {"layer ", i, " of the device unit has ", layer.factors.size(),
                                                " factors for ", out, " channels; the head has none"});
    }
  }
  const LayerPlan& features = plan.layers[plan.features_layer];
  if (plan.symbol_factors.size() != features.biases.size()) {
    return fail(ErrorCode::kInvalidArgument, {"the features have ", features.biases.size(), " channels and ",
                                              plan.symbol_factors.size(), " factors to symbols"});
  }
  const std::size_t sent = features.biases.size() - plan.local_channels;
  SymbolModel coding;
  const bool coded = read_symbol_model(plan.coding, coding) == ModelStatus::kOk && coding.feature_channels() == sent;
  const std::size_t shares = (coded ? coding.channels : sent) + 1;
  if (plan.shares.size() != shares) {
    return fail(ErrorCode::kInvalidArgument, {plan.shares.size(), " shares of the local answer for ", sent,
                                              " sent channels; as they are coded it takes ", shares});
  }
  return {};
}

Result<void> put_factors(UnitBytes& out, const std::vector<double>& factors) {
  for (const double factor : factors) {
    const auto packed = make_rescale(factor);
    if (!packed) return fail(packed.error());
    out.u32(*packed);
  }
  return {};
}

}  // namespace

Result<std::uint32_t> make_rescale(double factor) {
  if (!(factor >= 0 && factor < kMostFactor)) {
    return fail(ErrorCode::kInvalidArgument,
                {"a factor of ", factor, " from sums to results; a device unit's are at least 0 and below 1"});
  }
  int exponent = 0;
  const double fraction = std::frexp(factor, &exponent);  // 0.5 to 1, times 2^exponent
  auto mantissa = static_cast<std::uint32_t>(std::lround(std::ldexp(fraction, 24)));
  int shift = 24 - exponent;
  if (mantissa == 1U << 24) {
    mantissa >>= 1;
    --shift;
  }
  if (mantissa == 0 || shift > static_cast<int>(kMostShift)) return kLeastShift;  // times 0
  return mantissa << 8 | static_cast<std::uint32_t>(shift);
}

Result<std::vector<std::uint8_t>> write_device_unit(const UnitPlan& plan) {
  if (plan.layers.size() < 2 || plan.layers.size() > kMostLayers || plan.features_layer + 1U >= plan.layers.size()) {
    return fail(ErrorCode::kInvalidArgument, {"a device unit has 2 to ", kMostLayers, " layers; these are ",
                                              plan.layers.size(), ", features from layer ", plan.features_layer});
  }
  const std::vector<Sizes> sizes = sizes_of(plan);
  if (auto fits = check_counts(plan, sizes); !fits) return fail(fits.error());
  const Places places = plan_places(plan, sizes);

  UnitBytes out;
  out.u32(kUnitMagic);
  out.u16(kUnitVersion);
  out.u16(static_cast<std::uint16_t>(plan.layers.size()));
  out.u32(0);  // all bytes, set at the end
  out.u32(places.arena_bytes);
  out.u16(plan.picture_width);
  out.u16(plan.picture_height);
  out.u16(static_cast<std::uint16_t>(plan.symbol_factors.size()));
  out.u16(plan.local_channels);
  out.u16(static_cast<std::uint16_t>(plan.layers.back().biases.size()));
  out.u16(plan.features_layer);
  out.u16(static_cast<std::uint16_t>(plan.first_symbol));
  out.u16(static_cast<std::uint16_t>(plan.last_symbol));
  out.u16(static_cast<std::uint16_t>(plan.thresholds.size()));
  out.u16(0);
  out.u32(0);  // thresholds
  out.u32(places.symbols);
  out.u32(places.logits);
  out.u32(std::bit_cast<std::uint32_t>(plan.logit_scale));
  out.u32(0);  // shares
  out.u32(0);  // symbol model
  out.u32(static_cast<std::uint32_t>(plan.coding.size()));
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const LayerPlan& layer = plan.layers[i];
    for (const std::uint8_t value : {static_cast<std::uint8_t>(layer.kind), layer.kernel, layer.stride, layer.padding,
                                     layer.output_zero, layer.output_least, layer.output_most, std::uint8_t{0}})
      out.u8(value);
    out.u16(static_cast<std::uint16_t>(layer.biases.size()));
    out.u16(0);
    out.u32(places.outputs[i]);
    out.u32(places.windows[i]);
    out.u32(0);  // parameters
  }
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const LayerPlan& layer = plan.layers[i];
    out.set_u32(kUnitHeaderBytes + i * kLayerRecordBytes + 20, out.align());
    for (const std::int32_t bias : layer.biases) out.u32(static_cast<std::uint32_t>(bias));
    if (auto put = put_factors(out, layer.factors); !put) return fail(put.error());
    if (i == plan.features_layer) {
      if (auto put = put_factors(out, plan.symbol_factors); !put) return fail(put.error());
    }
    for (const std::int8_t weight : layer.weights) out.u8(static_cast<std::uint8_t>(weight));
  }
  out.set_u32(36, out.align());
  for (const std::int32_t threshold : plan.thresholds) out.u32(static_cast<std::uint32_t>(threshold));
  out.set_u32(52, out.align());
  for (const float share : plan.shares) out.u32(std::bit_cast<std::uint32_t>(share));
  out.set_u32(56, out.align());
  out.bytes_.insert(out.bytes_.end(), plan.coding.begin(), plan.coding.end());
  out.set_u32(8, out.align());

  DeviceUnit unit;
  if (const UnitStatus status = read_device_unit(out.bytes_, unit); status != UnitStatus::kGood)
    return fail(ErrorCode::kInvalidArgument, {"no device unit can be made of this network: ", describe(status)});
  return std::move(out.bytes_);
}

DeviceCosts costs_of(const DeviceUnit& unit) {
  DeviceCosts costs;
  costs.arena_bytes = unit.arena_bytes;
  for (std::size_t i = 0; i < unit.layer_count; ++i) {
    const Layer& layer = unit.layers[i];
    costs.weight_bytes += layer.weight_count();
    costs.multiply_adds +=
        layer.kind == LayerKind::kHead ? layer.weight_count() : std::uint64_t{layer.output_values()} * layer.terms();
    if (i == unit.features_layer) costs.multiply_adds_to_features = costs.multiply_adds;
  }
  return costs;
}

}  // namespace sluice::split
