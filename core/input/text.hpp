// A piece of text, UTF-8, as bytes that a byte-level model reads: tensor int64 [1, max_bytes], each byte plus one, and 0 behind
// the end. A TextView owns nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::input {

inline constexpr std::uint32_t kMaxTextBytes = 1U << 16;

struct TextView {
  std::string_view utf8;
};

// What a manifest says about a model's text input. Longer texts are refused, not cut.
struct TextSpec {
  std::uint32_t max_bytes = 0;  // 1 to kMaxTextBytes
};

}  // namespace sluice::input
