// Elementwise kernels of the gate set: float32 only, a few hundred bytes each. The full set's kernels for the same operators
// know every type of ONNX, which the small module cannot afford. Other types are refused with kUnsupportedType.
#pragma once

#include <memory>

#include "core/base/result.hpp"
#include "core/model/kernel.hpp"

namespace sluice::model::gate {

using MadeKernel = Result<std::unique_ptr<Kernel>>;

// Add, Sub and Mul of two tensors with ONNX's broadcasting (opset 7 and later).
MadeKernel make_binary(const Node& node, const KernelContext& context);

// Relu, Sigmoid, and Clip with constant bounds.
MadeKernel make_unary(const Node& node, const KernelContext& context);

}  // namespace sluice::model::gate
