// What a device unit answers to a few pictures, for programs on other machines to compare with, bit for bit. Little-endian, every
// part padded to a multiple of 4 bytes:
//   u32 bytes of the unit, the unit, u32 pictures; then for each picture
//   the picture, the local logits (f32), the combined ones with half of the channels and remote logits of k / 4 - 1, and for a payload
//   without and with a budget of half of it: u32 budget, u32 bytes, u32 channels, the payload.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sluice::test {

// Empty where the unit cannot be opened.
std::vector<std::uint8_t> make_vectors(std::span<const std::uint8_t> unit,
                                       const std::vector<std::vector<std::uint8_t>>& pictures);

}  // namespace sluice::test
