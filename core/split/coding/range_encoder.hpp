// Features as a payload that may be cut anywhere: a header byte, then coded channel after channel (symbol_model.hpp), in raster
// order, by a range coder.
// Freestanding: all memory is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {

struct EncodedFeatures {
  std::size_t bytes = 0;       // of `out` that were written
  std::uint16_t channels = 0;  // coded ones, that can be decoded from them
};

// `symbols` are features' values, those of channel c at symbols + c * channel_stride and on; what lies outside the model's values
// is clamped to them. At most `max_channels` are written, and none that does not fit in `out`: what is there is a whole payload
// of the channels before. No channel is no byte.
// `closed_bytes`: nullptr, or room for as many numbers as the model has channels; entry c becomes the size that the payload
// has when channel c is its last.
// Precondition: read_symbol_model() accepted the model.
EncodedFeatures encode_features(const SymbolModel& model, const std::int8_t* symbols, std::size_t position_stride,
                                std::size_t channel_stride, std::span<std::uint8_t> out, std::uint16_t max_channels,
                                std::uint32_t* closed_bytes = nullptr);

}  // namespace sluice::split
