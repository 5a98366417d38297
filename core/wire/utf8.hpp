// Text that came from a peer or a file system: is it UTF-8, and how much of it may be quoted in a message. No state.
#pragma once

#include <string>
#include <string_view>

namespace sluice::wire {

// Well-formed UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The same text, each byte that is not part of a well-formed character as U+FFFD.
std::string as_utf8(std::string_view text);

// The longest prefix of at most `max_bytes` that does not end inside a character.
std::string_view clip_utf8(std::string_view text, std::size_t max_bytes);

// 'text' in quotes for an error message: at most 80 bytes of it, control characters as '?'.
std::string quoted(std::string_view text);

}  // namespace sluice::wire
