// The device unit: all that the device half of a split network is, in one block of bytes that stays where it lies (flash, a file's
// contents). Its bytes are laid out in README.md. Reading checks everything once; what runs afterwards relies on it and never
// looks outside the unit or the arena, whatever the bytes were.
// A DeviceUnit is a view: the bytes must outlive it. Freestanding: no heap, no exceptions. Plain data, safe to read from any
// thread; each thread that runs it needs an arena of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {

inline constexpr std::uint32_t kUnitMagic = 0x55444C53;  // "SLDU"
inline constexpr std::uint16_t kUnitVersion = 1;

// Limits: what is beyond them is not read. They keep every product of sizes within 32 bits.
inline constexpr std::size_t kMostUnitBytes = std::size_t{1} << 24;
inline constexpr std::size_t kMostArenaBytes = std::size_t{1} << 24;
inline constexpr std::size_t kMostLayers = 16;
inline constexpr std::uint32_t kMostSide = 1024;      // of a picture
inline constexpr std::uint32_t kMostChannels = 1024;  // of a layer's output
inline constexpr std::uint32_t kMostKernel = 15;
inline constexpr std::uint32_t kMostTerms = 32768;  // of one sum: 32768 * 255 * 128 and the largest bias fit 32 bits
inline constexpr std::int32_t kMostBias = 1 << 30;
inline constexpr std::uint32_t kMostSymbols = 256;

// Bytes of the parts with a fixed size.
inline constexpr std::size_t kUnitHeaderBytes = 64;
inline constexpr std::size_t kLayerRecordBytes = 24;

// The value of a picture's byte that stands for zero, and for what is beside the picture.
inline constexpr std::uint8_t kPictureZero = 128;

enum class LayerKind : std::uint8_t {
  kConvolution = 1,  // all channels of a window
  kDepthwise = 2,    // each channel by itself
  kHead = 3,         // each channel's mean over all positions, then a linear layer: the local logits; the last layer
};

struct Layer {
  LayerKind kind = LayerKind::kConvolution;
  std::uint8_t kernel = 1;
  std::uint8_t stride = 1;
  std::uint8_t padding = 0;
  std::uint8_t output_zero = 0;   // the value of a result that stands for zero
  std::uint8_t output_least = 0;  // results are clamped: ReLU is a least value of zero, ReLU6 has a most as well
  std::uint8_t output_most = 255;
  std::uint16_t input_width = 0, input_height = 0, input_channels = 0;
  std::uint16_t output_width = 0, output_height = 0, output_channels = 0;
  std::uint32_t output_at = 0;  // in the arena; not of the head
  std::uint32_t window_at = 0;  // in the arena: of convolutions, where the values under a kernel are brought together

  constexpr std::uint32_t input_values() const { return std::uint32_t{input_width} * input_height * input_channels; }
  constexpr std::uint32_t output_values() const {
    return std::uint32_t{output_width} * output_height * output_channels;
  }
  // Of one sum.
  constexpr std::uint32_t terms() const {
    if (kind == LayerKind::kHead) return input_values();
    return std::uint32_t{kernel} * kernel * (kind == LayerKind::kConvolution ? input_channels : 1);
  }
  constexpr std::uint32_t weight_count() const {
    return kind == LayerKind::kHead ? std::uint32_t{input_channels} * output_channels : terms() * output_channels;
  }
  // A kernel of one value finds its values where they are.
  constexpr std::uint32_t window_bytes() const { return kind == LayerKind::kConvolution && kernel > 1 ? terms() : 0; }

  // Parts of the unit.
  const std::uint8_t* biases = nullptr;           // int32 for each output channel
  const std::uint8_t* rescales = nullptr;         // 4 bytes for each output channel; none for the head
  const std::uint8_t* symbol_rescales = nullptr;  // the same; of the features' layer alone
  const std::int8_t* weights = nullptr;  // convolution: [out][y][x][in], depthwise: [y][x][channel], head: [in][class]
};

struct DeviceUnit {
  std::uint16_t picture_width = 0, picture_height = 0;  // RGB, a byte a value
  std::uint16_t feature_width = 0, feature_height = 0;
  std::uint16_t channels = 0;        // of the features
  std::uint16_t local_channels = 0;  // the first of them, which stay; the others are sent
  std::uint16_t classes = 0;
  std::uint16_t layer_count = 0;
  std::uint16_t features_layer = 0;  // whose sums become symbols as well
  std::int16_t first_symbol = 0, last_symbol = 0;
  std::uint16_t threshold_count = 0;  // 0: symbols are the rescaled sums; else one for each symbol but the first
  std::uint32_t symbols_at = 0, logits_at = 0;  // in the arena
  std::uint32_t arena_bytes = 0;
  float logit_scale = 0;                     // of the local logits
  const std::uint8_t* thresholds = nullptr;  // int32, ascending: a value is the first symbol plus as many as it reaches
  const std::uint8_t* shares = nullptr;  // float32: of the local answer, by the number of coded channels that arrived
  SymbolModel coding;                    // of the sent channels; without channels: nothing can be coded
  std::array<Layer, kMostLayers> layers{};

  constexpr std::uint16_t sent_channels() const { return static_cast<std::uint16_t>(channels - local_channels); }
  // What payloads hold: the sent channels, some of them or all coded in two steps.
  constexpr std::uint16_t coded_channels() const { return coding.channels != 0 ? coding.channels : sent_channels(); }
  constexpr std::size_t picture_bytes() const { return std::size_t{picture_width} * picture_height * 3; }
  constexpr std::size_t symbol_bytes() const { return std::size_t{feature_width} * feature_height * channels; }
};

// Numbers are part of the C interface: they do not change.
enum class UnitStatus : std::uint8_t {
  kGood = 0,
  kTooShort = 1,       // the bytes end before the unit does
  kNotAUnit = 2,       // other magic
  kOtherVersion = 3,   // of the format
  kTooLarge = 4,       // a size beyond the limits
  kBadPicture = 5,     // its sides are 0 or beyond the limits
  kBadLayerCount = 6,  // none, or more than the limit
  kBadLayer = 7,       // a kind, kernel, stride, channels or clamp that no layer has
  kBadPart = 8,        // an offset or a length that leads out of the unit
  kBadBias = 9,        // beyond the limit
  kBadRescale = 10,    // a shift beyond the limits
  kBadFeatures = 11,   // the layer that gives them, or their channels
  kBadSymbols = 12,    // first, last or thresholds
  kBadHead = 13,       // the last layer, and only it, is the head
  kBadArena = 14,      // a result lies outside it, or over something that is still needed
  kBadShare = 15,      // a share or the logits' scale is no number of its range
  kBadCoding = 16,     // a symbol model that cannot be read, or of other features
};

// `unit` is meaningful when the answer is kGood.
UnitStatus read_device_unit(std::span<const std::uint8_t> bytes, DeviceUnit& unit);

// What a status means, in a few words.
const char* describe(UnitStatus status);

}  // namespace sluice::split
