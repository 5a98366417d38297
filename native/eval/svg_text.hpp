// What a bundle's name or a table's text is inside an SVG.
#pragma once

#include <string>
#include <string_view>

namespace sluice::eval {

inline std::string svg_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      default: result += c;
    }
  }
  return result;
}

}  // namespace sluice::eval
