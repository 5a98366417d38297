// Text put together with printf's formats, for tables and drawings. A piece of more than 511 bytes is cut.
#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace sluice::eval {

template <typename... Values>
void append_format(std::string& text, const char* format, Values... values) {
  std::array<char, 512> piece{};
  std::snprintf(piece.data(), piece.size(), format, values...);
  text += piece.data();
}

}  // namespace sluice::eval
