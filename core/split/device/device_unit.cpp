#include "core/split/device/device_unit.hpp"

#include <bit>

#include "core/split/little_endian.hpp"
#include "core/split/device/rescale.hpp"

namespace sluice::split {
namespace {

struct Region {
  std::uint32_t at;
  std::uint32_t size;
};

bool overlap(Region a, Region b) { return a.at < b.at + b.size && b.at < a.at + a.size; }

class UnitReader {
 public:
  UnitReader(std::span<const std::uint8_t> bytes, DeviceUnit& unit) : bytes_(bytes), unit_(unit) {}

  UnitStatus read() {
    UnitStatus status = read_header();
    for (std::size_t i = 0; i < unit_.layer_count && status == UnitStatus::kGood; ++i) status = read_layer(i);
    if (status == UnitStatus::kGood) status = read_features();
    if (status == UnitStatus::kGood) status = read_shares();
    if (status == UnitStatus::kGood) status = check_arena();
    return status;
  }

 private:
  std::uint16_t u16(std::size_t at) const { return little_u16(bytes_.data() + at); }
  std::uint32_t u32(std::size_t at) const { return little_u32(bytes_.data() + at); }

  // The start of a part that lies within the unit, or nullptr.
  const std::uint8_t* part(std::size_t at, std::size_t size) const {
    return at <= bytes_.size() && size <= bytes_.size() - at ? bytes_.data() + at : nullptr;
  }

  UnitStatus read_header() {
    if (bytes_.size() < kUnitHeaderBytes) return UnitStatus::kTooShort;
    if (u32(0) != kUnitMagic) return UnitStatus::kNotAUnit;
    if (u16(4) != kUnitVersion) return UnitStatus::kOtherVersion;
    const std::uint32_t total = u32(8);
    if (total > kMostUnitBytes || u32(12) > kMostArenaBytes) return UnitStatus::kTooLarge;
    if (total > bytes_.size()) return UnitStatus::kTooShort;
    // What stands behind the unit, in a flash page say, is no part of it.
    bytes_ = bytes_.first(total);
    unit_.layer_count = u16(6);
    unit_.arena_bytes = u32(12);
    unit_.picture_width = u16(16);
    unit_.picture_height = u16(18);
    unit_.channels = u16(20);
    unit_.local_channels = u16(22);
    unit_.classes = u16(24);
    unit_.features_layer = u16(26);
    unit_.first_symbol = static_cast<std::int16_t>(u16(28));
    unit_.last_symbol = static_cast<std::int16_t>(u16(30));
    unit_.threshold_count = u16(32);
    unit_.symbols_at = u32(40);
    unit_.logits_at = u32(44);
    unit_.logit_scale = std::bit_cast<float>(u32(48));
    const auto is_side = [](std::uint32_t side) { return side >= 1 && side <= kMostSide; };
    if (!is_side(unit_.picture_width) || !is_side(unit_.picture_height)) return UnitStatus::kBadPicture;
    if (unit_.layer_count < 2 || unit_.layer_count > kMostLayers) return UnitStatus::kBadLayerCount;
    if (part(kUnitHeaderBytes, unit_.layer_count * kLayerRecordBytes) == nullptr) return UnitStatus::kTooShort;
    return UnitStatus::kGood;
  }

  UnitStatus read_layer(std::size_t number) {
    const std::uint8_t* record = bytes_.data() + kUnitHeaderBytes + number * kLayerRecordBytes;
    Layer& layer = unit_.layers[number];
    layer = {};
    if (record[0] < 1 || record[0] > 3) return UnitStatus::kBadLayer;
    layer.kind = static_cast<LayerKind>(record[0]);
    layer.kernel = record[1];
    layer.stride = record[2];
    layer.padding = record[3];
    layer.output_zero = record[4];
    layer.output_least = record[5];
    layer.output_most = record[6];
    layer.output_channels = little_u16(record + 8);
    layer.output_at = little_u32(record + 12);
    layer.window_at = little_u32(record + 16);
    if (number == 0) {
      layer.input_width = unit_.picture_width;
      layer.input_height = unit_.picture_height;
      layer.input_channels = 3;
    } else {
      const Layer& before = unit_.layers[number - 1];
      layer.input_width = before.output_width;
      layer.input_height = before.output_height;
      layer.input_channels = before.output_channels;
    }
    if ((layer.kind == LayerKind::kHead) != (number + 1U == unit_.layer_count)) return UnitStatus::kBadHead;
    if (layer.output_channels < 1 || layer.output_channels > kMostChannels) return UnitStatus::kBadLayer;
    if (layer.kind == LayerKind::kHead) {
      if (layer.output_channels != unit_.classes) return UnitStatus::kBadHead;
      layer.output_width = layer.output_height = 1;
    } else if (!set_output_sides(layer)) {
      return UnitStatus::kBadLayer;
    }
    if (layer.terms() > kMostTerms) return UnitStatus::kTooLarge;
    return read_parameters(layer, little_u32(record + 20), number == unit_.features_layer);
  }

  static bool set_output_sides(Layer& layer) {
    if (layer.kernel < 1 || layer.kernel > kMostKernel || layer.stride < 1 || layer.padding >= layer.kernel)
      return false;
    if (layer.output_least > layer.output_most) return false;
    if (layer.kind == LayerKind::kDepthwise && layer.output_channels != layer.input_channels) return false;
    const auto side = [&](std::uint32_t input) -> std::uint32_t {
      const std::uint32_t padded = input + 2U * layer.padding;
      return padded < layer.kernel ? 0 : (padded - layer.kernel) / layer.stride + 1;
    };
    const std::uint32_t width = side(layer.input_width);
    const std::uint32_t height = side(layer.input_height);
    if (width < 1 || width > kMostSide || height < 1 || height > kMostSide) return false;
    layer.output_width = static_cast<std::uint16_t>(width);
    layer.output_height = static_cast<std::uint16_t>(height);
    return true;
  }

  UnitStatus read_parameters(Layer& layer, std::size_t at, bool gives_features) {
    const std::size_t numbers = 4U * layer.output_channels;
    const std::size_t rescale_bytes = layer.kind == LayerKind::kHead ? 0 : numbers;
    const std::size_t symbol_bytes = gives_features ? numbers : 0;
    const std::size_t before_weights = numbers + rescale_bytes + symbol_bytes;
    const std::uint8_t* from = part(at, before_weights + layer.weight_count());
    if (from == nullptr) return UnitStatus::kBadPart;
    layer.biases = from;
    if (rescale_bytes != 0) layer.rescales = from + numbers;
    if (symbol_bytes != 0) layer.symbol_rescales = from + numbers + rescale_bytes;
    layer.weights = reinterpret_cast<const std::int8_t*>(from + before_weights);
    for (std::size_t i = 0; i < numbers; i += 4) {
      const std::int32_t bias = little_i32(from + i);
      if (bias > kMostBias || bias < -kMostBias) return UnitStatus::kBadBias;
    }
    for (std::size_t i = numbers; i < before_weights; i += 4) {
      if (!is_rescale(little_u32(from + i))) return UnitStatus::kBadRescale;
    }
    return UnitStatus::kGood;
  }

  UnitStatus read_features() {
    if (unit_.features_layer + 1U >= unit_.layer_count) return UnitStatus::kBadFeatures;
    const Layer& layer = unit_.layers[unit_.features_layer];
    if (layer.output_channels != unit_.channels || unit_.local_channels >= unit_.channels)
      return UnitStatus::kBadFeatures;
    unit_.feature_width = layer.output_width;
    unit_.feature_height = layer.output_height;
    if (unit_.first_symbol < -128 || unit_.last_symbol > 127 || unit_.first_symbol >= unit_.last_symbol)
      return UnitStatus::kBadSymbols;
    if (unit_.threshold_count != 0) {
      if (unit_.threshold_count != unit_.last_symbol - unit_.first_symbol) return UnitStatus::kBadSymbols;
      unit_.thresholds = part(u32(36), 4U * unit_.threshold_count);
      if (unit_.thresholds == nullptr) return UnitStatus::kBadPart;
      for (std::size_t i = 4; i < 4U * unit_.threshold_count; i += 4) {
        if (little_i32(unit_.thresholds + i - 4) > little_i32(unit_.thresholds + i)) return UnitStatus::kBadSymbols;
      }
    }
    const std::uint32_t coding_bytes = u32(60);
    const std::uint8_t* coding = part(u32(56), coding_bytes);
    if (coding == nullptr) return UnitStatus::kBadPart;
    if (coding_bytes == 0) return UnitStatus::kGood;
    if (read_symbol_model({coding, coding_bytes}, unit_.coding) != ModelStatus::kOk) return UnitStatus::kBadCoding;
    const bool fits = unit_.coding.feature_channels() == unit_.sent_channels() &&
                      unit_.coding.width == unit_.feature_width && unit_.coding.height == unit_.feature_height;
    return fits ? UnitStatus::kGood : UnitStatus::kBadCoding;
  }

  UnitStatus read_shares() {
    const std::size_t count = unit_.coded_channels() + std::size_t{1};
    unit_.shares = part(u32(52), 4 * count);
    if (unit_.shares == nullptr) return UnitStatus::kBadPart;
    for (std::size_t i = 0; i < count; ++i) {
      const float share = little_f32(unit_.shares + 4 * i);
      if (!(share >= 0 && share <= 1)) return UnitStatus::kBadShare;
    }
    // The product with a sum below 2^31 stays finite.
    if (!(unit_.logit_scale > 0 && unit_.logit_scale < 1e20F)) return UnitStatus::kBadShare;
    return UnitStatus::kGood;
  }

  bool in_arena(Region region) const {
    return region.at <= unit_.arena_bytes && region.size <= unit_.arena_bytes - region.at;
  }

  UnitStatus check_arena() const {
    const Region symbols{unit_.symbols_at, static_cast<std::uint32_t>(unit_.symbol_bytes())};
    const Region logits{unit_.logits_at, 4U * unit_.classes};
    if (!in_arena(symbols) || !in_arena(logits) || unit_.logits_at % 4 != 0 || overlap(symbols, logits))
      return UnitStatus::kBadArena;
    Region input{0, 0};  // the picture lies elsewhere
    for (std::size_t i = 0; i < unit_.layer_count; ++i) {
      const Layer& layer = unit_.layers[i];
      const bool is_head = layer.kind == LayerKind::kHead;
      const Region output = is_head ? logits : Region{layer.output_at, layer.output_values()};
      const Region window{layer.window_at, layer.window_bytes()};
      if (!in_arena(output) || !in_arena(window)) return UnitStatus::kBadArena;
      if (overlap(input, output) || overlap(input, window) || overlap(output, window)) return UnitStatus::kBadArena;
      // Symbols are written beside the features and wait until they are encoded.
      if (i >= unit_.features_layer &&
          (overlap(symbols, input) || overlap(symbols, output) || overlap(symbols, window)))
        return UnitStatus::kBadArena;
      input = output;
    }
    return UnitStatus::kGood;
  }

  std::span<const std::uint8_t> bytes_;
  DeviceUnit& unit_;
};

}  // namespace

UnitStatus read_device_unit(std::span<const std::uint8_t> bytes, DeviceUnit& unit) {
  unit = {};
  return UnitReader(bytes, unit).read();
}

}  // namespace sluice::split
