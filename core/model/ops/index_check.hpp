// Indices that come as tensor values: counted from the end when negative, and never trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {

// The position that `index` names on an axis with `size` elements; nullopt outside [-size, size - 1].
inline std::optional<std::ptrdiff_t> checked_index(std::int64_t index, std::int64_t size) {
  if (index < -size || index >= size) return std::nullopt;
  return static_cast<std::ptrdiff_t>(index < 0 ? index + size : index);
}

inline Failure refuse_index(std::int64_t index, std::int64_t size) {
  return fail(ErrorCode::kExecutionFailed, {"index ", index, " is outside an axis with ", size, " elements"});
}

}  // namespace sluice::model::ops
