#include "core/model/xnnpack/operator.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "core/base/checked.hpp"

namespace sluice::model::xnnpack {

Result<void> initialize() { return check(xnn_initialize(nullptr), "initialise"); }

Result<void> check(xnn_status status, std::string_view step) {
  const auto failed = [step](ErrorCode code, std::string_view why) {
    return fail(code, {"XNNPACK cannot ", step, " the operator: ", why});
  };
  switch (status) {
    case xnn_status_success: return {};
    case xnn_status_out_of_memory: return failed(ErrorCode::kOutOfMemory, "out of memory");
    case xnn_status_unsupported_parameter: return failed(ErrorCode::kUnsupportedOperator, "unsupported parameter");
    case xnn_status_unsupported_hardware: return failed(ErrorCode::kUnsupportedOperator, "unsupported processor");
    case xnn_status_invalid_parameter: return failed(ErrorCode::kExecutionFailed, "invalid parameter");
    default: return failed(ErrorCode::kExecutionFailed, join_text({"status ", static_cast<int>(status)}));
  }
}

Result<void> Workspace::reserve(std::size_t bytes, std::size_t alignment) {
  const std::size_t rounding = std::max<std::size_t>(alignment, 1);
  const auto size = checked_add(bytes, rounding);
  if (!size) return fail(ErrorCode::kOutOfMemory, "the workspace's size does not fit");
  if (auto sized = bytes_.resize(DataType::kUint8, Shape{static_cast<std::int64_t>(*size)}); !sized) return sized;
  const auto address = reinterpret_cast<std::uintptr_t>(bytes_.mutable_view().bytes.data());
  const std::size_t skipped = (rounding - address % rounding) % rounding;
  start_ = bytes_.mutable_view().bytes.data() + skipped;
  return {};
}

}  // namespace sluice::model::xnnpack
