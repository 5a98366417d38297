// The result of everything that can fail: a value or an Error (tl::expected, the C++23 std::expected for C++20).
// `return fail(ErrorCode::kShapeMismatch, "...")` makes one; callers test it and pass `.error()` on.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "core/base/error.hpp"

namespace sluice {

template <typename T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

[[nodiscard]] inline Failure fail(ErrorCode code, std::string message) {
  return Failure(Error{code, std::move(message)});
}

[[nodiscard]] inline Failure fail(Error error) { return Failure(std::move(error)); }

}  // namespace sluice
