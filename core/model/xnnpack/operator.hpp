// Ownership and errors of XNNPACK operators, and the workspace that some of them want. XNNPACK itself is initialised on
// first use and stays so; that is safe from any thread.
#pragma once

#include <xnnpack.h>

#include <memory>
#include <string_view>

#include "core/base/result.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::model::xnnpack {

struct DeleteOperator {
  void operator()(xnn_operator* op) const { xnn_delete_operator(op); }
};
using Operator = std::unique_ptr<xnn_operator, DeleteOperator>;

Result<void> initialize();

// kExecutionFailed (kOutOfMemory, kUnsupportedOperator) with the step that failed, unless the status is success.
Result<void> check(xnn_status status, std::string_view step);

// Memory that an operator may write while it runs. Only grows.
class Workspace {
 public:
  Result<void> reserve(std::size_t bytes, std::size_t alignment);
  void* data() { return start_; }

 private:
  Tensor bytes_;
  void* start_ = nullptr;
};

inline std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace sluice::model::xnnpack
