// How deep JSON nests, found before it is parsed: who reads the document calls itself for each level, and may go so deep only.
// The text need not be valid. Neither allocates nor fails.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice {

// Brackets and braces open at the same time, at most; those in strings do not count. 0 for a text without any.
std::size_t json_depth(std::string_view text);

}  // namespace sluice
