// The result of everything that can fail: a value or an Error (tl::expected, the C++23 std::expected for C++20).
// `return fail(ErrorCode::kShapeMismatch, {"axis ", axis, " is not in ", shape})` makes one; callers test it and pass
// `.error()` on. Made out of line, so that a failure costs its caller little code.
#pragma once

#include <initializer_list>
#include <string_view>
#include <tl/expected.hpp>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace sluice {

template <typename T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

[[nodiscard]] Failure fail(ErrorCode code, std::string_view message);
[[nodiscard]] Failure fail(ErrorCode code, std::initializer_list<TextPart> message);
[[nodiscard]] Failure fail(const Error& error);

}  // namespace sluice
