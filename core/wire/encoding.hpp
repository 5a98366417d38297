// Names of the payload encodings, as they appear in options, logs and the C ABI ("jpeg", "tensor"). Constant data.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/wire/messages.hpp"

namespace sluice::wire {

// "jpeg", ...; "unknown" for a number that is not in the table.
std::string_view encoding_name(Encoding encoding);

// Whether it is of what a part of the model made of an input, and not of the input.
constexpr bool is_of_features(Encoding encoding) { return encoding == Encoding::kSplit || encoding == Encoding::kCut; }

// The encoding of a name, or nullopt.
std::optional<Encoding> find_encoding(std::string_view name);

// Whether this build has a name for the number; a newer peer may list others.
bool is_known(Encoding encoding);
// Whether a picture may come out otherwise than it went in.
bool loses(Encoding encoding);

// "jpeg, png, tensor", for messages; "none" when empty.
std::string encoding_list(std::span<const Encoding> encodings);

}  // namespace sluice::wire
