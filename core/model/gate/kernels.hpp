// Kernels of the gate set: float32 only, a few hundred bytes each. The full set's kernels for the same operators know every
// type of ONNX, and XNNPACK's operators every layout, which the small module cannot afford. Other types are refused with
// kUnsupportedType.
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

// Conv and FullyConnected of kNhwcDomain; they pack their constants. In WebAssembly over XNNPACK's microkernels on one thread,
// natively XNNPACK's operators.
MadeKernel make_convolution(const Node& node, const KernelContext& context);
MadeKernel make_fully_connected(const Node& node, const KernelContext& context);

// MaxPool and AveragePool (padding not counted) of kNhwcDomain.
MadeKernel make_max_pool(const Node& node, const KernelContext& context);
MadeKernel make_average_pool(const Node& node, const KernelContext& context);

}  // namespace sluice::model::gate
