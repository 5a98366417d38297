// The features of a payload, as far as it came. One that ends early is no error: what the missing bytes leave open is kept
// track of, and a channel counts when all its symbols are certain. Pure functions; any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/split/coding/symbol_model.hpp"

namespace sluice::split {

struct DecodedFeatures {
  std::uint16_t channels = 0;  // coded ones, that arrived whole
  std::size_t bytes = 0;       // of the payload that say so
  bool ended = false;          // the encoder wrote no more channels; otherwise bytes are missing
};

// Writes the features' values one channel after the other, each row after row; what stands in `symbols` of channels that did not
// arrive has no meaning. Where what was left of coarse values did not arrive, they are multiples of the refinement step.
// Preconditions: read_symbol_model() accepted the model; `symbols` has room for model.features().
// Failures: kMalformedPayload for a header of another version, bytes that no encoder writes, and bytes behind the last
// channel; kUnsupportedEncoding for a payload of another coder.
Result<DecodedFeatures> decode_features(const SymbolModel& model, std::span<const std::uint8_t> payload,
                                        std::span<std::int8_t> symbols);

// For each coded channel that arrived: with how many of the payload's bytes it is certain, if the rest stays away. Ascending.
Result<std::vector<std::size_t>> find_channel_ends(const SymbolModel& model, std::span<const std::uint8_t> payload);

}  // namespace sluice::split
