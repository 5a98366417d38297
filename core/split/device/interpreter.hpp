// Runs the device half of a split network: from a picture to symbols and the local guess, then both guesses as one.
// All memory is the caller's: the unit, the picture and an arena of unit.arena_bytes, aligned to 4 bytes, in which the answer lies
// until the next run. Whole numbers until the logits, so the same picture gives the same symbols and logits everywhere. Where the
// arena or the picture does not fit the unit nothing is run, and the answer is empty.
#pragma once

#include "core/split/coding/range_encoder.hpp"
#include "core/split/device/device_unit.hpp"

namespace sluice::split {

struct DeviceAnswer {
  // [position][channel], all channels, the local ones first; values from unit.first_symbol to unit.last_symbol.
  std::span<const std::int8_t> symbols;
  std::span<const std::int32_t> logits;  // times unit.logit_scale: the local guess
};

// `picture`: RGB bytes, row by row, unit.picture_bytes() of them.
DeviceAnswer run(const DeviceUnit& unit, std::span<const std::uint8_t> picture, std::span<std::uint8_t> arena);

// The sent channels of run()'s symbols, as many coded channels as fit in `out` and are wanted, as a payload that may be cut anywhere; see
// encode_features() for `closed_bytes`. Nothing where the unit has no symbol model or the symbols are not its own.
EncodedFeatures encode(const DeviceUnit& unit, std::span<const std::int8_t> symbols, std::span<std::uint8_t> out,
                       std::uint16_t most_channels, std::uint32_t* closed_bytes = nullptr);

// The combined logits: share * local + (1 - share) * remote, the share by how many coded channels arrived; with none of them, the
// local ones, and `remote` is not read. False, and `combined` untouched, where a size does not fit the unit.
bool combine(const DeviceUnit& unit, std::span<const std::int32_t> local, std::span<const float> remote,
             std::size_t arrived_channels, std::span<float> combined);

}  // namespace sluice::split
