// Text from a model, a bundle, a log or a server for a terminal, which it must not steer. Pure.
#pragma once

#include <string>

namespace sluice::cli {

// Every control character, the second set of them (U+0080 to U+009F) included, becomes '?'; so does what ends a line or turns the
// direction of writing in Unicode, which would show a name as another one.
std::string printable(const std::string& text);
// The same, but lines stay lines: for text that we put together ourselves out of printable pieces.
std::string printable_lines(const std::string& text);

}  // namespace sluice::cli
