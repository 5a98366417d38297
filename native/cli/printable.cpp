#include "native/cli/printable.hpp"

#include <cstddef>

namespace sluice::cli {
namespace {

std::string replaced(const std::string& text, bool keep_lines) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
    if (c == 0xC2 && next >= 0x80 && next <= 0x9F) {  // UTF-8 of U+0080 to U+009F
      result += '?';
      ++i;
    } else if ((c < 0x20 && !(keep_lines && c == '\n')) || c == 0x7F) {
      result += '?';
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

std::string printable(const std::string& text) { return replaced(text, false); }
std::string printable_lines(const std::string& text) { return replaced(text, true); }

}  // namespace sluice::cli
