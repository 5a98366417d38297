#include "native/cli/printable.hpp"

#include <cstddef>
#include <string_view>

namespace sluice::cli {
namespace {

// How many bytes at the start of `text` are one character that steers; 0: none.
std::size_t steering_bytes(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : '\0'); };
  const auto between = [](unsigned char c, unsigned char low, unsigned char high) { return c >= low && c <= high; };
  if (at(0) < 0x20 || at(0) == 0x7F) return 1;
  if (at(0) == 0xC2 && between(at(1), 0x80, 0x9F)) return 2;  // U+0080 to U+009F
  if (at(0) == 0xD8 && at(1) == 0x9C) return 2;               // U+061C, a mark of direction
  if (at(0) != 0xE2) return 0;
  // U+200E and U+200F, marks of direction; U+2028 to U+202E, ends of lines and embedded directions; U+2066 to U+2069, isolated ones.
  if (at(1) == 0x80 && (between(at(2), 0x8E, 0x8F) || between(at(2), 0xA8, 0xAE))) return 3;
  if (at(1) == 0x81 && between(at(2), 0xA6, 0xA9)) return 3;
  return 0;
}

std::string replaced(std::string_view text, bool keep_lines) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t steering = keep_lines && text.front() == '\n' ? 0 : steering_bytes(text);
    result += steering != 0 ? '?' : text.front();
    text.remove_prefix(steering != 0 ? steering : 1);
  }
  return result;
}

}  // namespace

std::string printable(const std::string& text) { return replaced(text, false); }
std::string printable_lines(const std::string& text) { return replaced(text, true); }

}  // namespace sluice::cli
