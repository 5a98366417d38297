// What all payloads of features share. The first byte: the version of the format in the upper four bits, the coder in the
// lower ones. Between two channels the range coder says whether more follow: without that, the bytes that close a payload
// early would now and then pass for a further channel that costs next to nothing. Freestanding.
#pragma once

#include <cstdint>

namespace sluice::split {

inline constexpr std::uint8_t kPayloadVersion = 1;

enum class Coder : std::uint8_t { kRange = 1, kLzw = 2 };

constexpr std::uint8_t payload_header(Coder coder) {
  return static_cast<std::uint8_t>(kPayloadVersion << 4 | static_cast<std::uint8_t>(coder));
}

// "More follow" is all but the last one of 2^kEndBits slots: 0.01 bits a channel, and kEndBits for a payload that ends early.
inline constexpr unsigned kEndBits = 7;
inline constexpr std::uint32_t kEndSlot = (std::uint32_t{1} << kEndBits) - 1;

}  // namespace sluice::split
