// Features by LZW, AgileNN's coder, to compare with: the same payloads as the range coder's (range_encoder.hpp), with bits of
// the same features in the same order, but no knowledge of how they are distributed, and each value at once. Codes grow from as many bits as a
// symbol needs to 12, after which the dictionary stays as it is; each one's width follows from its number alone. A payload
// may be cut at any byte: what counts are channels that whole codes cover. Hosted. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.hpp"
#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {

// As encode_features(); of the model, only the sizes and the values matter.
EncodedFeatures encode_features_lzw(const SymbolModel& model, const std::int8_t* symbols, std::size_t position_stride,
                                    std::size_t channel_stride, std::span<std::uint8_t> out, std::uint16_t max_channels,
                                    std::uint32_t* closed_bytes = nullptr);

// As decode_features(), with the same failures.
Result<DecodedFeatures> decode_features_lzw(const SymbolModel& model, std::span<const std::uint8_t> payload,
                                            std::span<std::int8_t> symbols);

}  // namespace sluice::split
