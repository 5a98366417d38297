// The table of the plain kernels: every ONNX operator that Sluice runs on row-major tensors, with the opsets whose
// definitions it implements. Constant data, safe to read from any thread. core/model/OPERATORS.md is generated from what the
// conformance run proves of it.
#pragma once

#include <span>

#include "core/model/kernel.hpp"

namespace sluice::model::ops {

std::span<const OperatorEntry> onnx_operators();

}  // namespace sluice::model::ops
