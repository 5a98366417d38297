// The factories of the XNNPACK kernels, for the operator set. kNhwcDomain unless a line says ONNX. Kernels that hold packed
// weights are marked "packs": their rows set packs_constants.
#pragma once

#include <memory>

#include "core/base/result.hpp"
#include "core/model/kernel.hpp"

namespace sluice::model::xnnpack {

using MadeKernel = Result<std::unique_ptr<Kernel>>;

MadeKernel make_convolution(const Node& node, const KernelContext& context);                // packs
MadeKernel make_deconvolution(const Node& node, const KernelContext& context);              // packs
MadeKernel make_fully_connected(const Node& node, const KernelContext& context);            // packs
MadeKernel make_quantized_convolution(const Node& node, const KernelContext& context);      // packs
MadeKernel make_quantized_fully_connected(const Node& node, const KernelContext& context);  // packs
MadeKernel make_quantized_add(const Node& node, const KernelContext& context);
MadeKernel make_quantized_global_average_pool(const Node& node, const KernelContext& context);
MadeKernel make_max_pool(const Node& node, const KernelContext& context);
MadeKernel make_average_pool(const Node& node, const KernelContext& context);
MadeKernel make_global_average_pool(const Node& node, const KernelContext& context);
MadeKernel make_global_max_pool(const Node& node, const KernelContext& context);
MadeKernel make_resize_nearest(const Node& node, const KernelContext& context);
MadeKernel make_resize_bilinear(const Node& node, const KernelContext& context);

// ONNX's own operators, float32: refused for other types, so that the next row is tried.
MadeKernel make_unary(const Node& node, const KernelContext& context);
MadeKernel make_binary(const Node& node, const KernelContext& context);
MadeKernel make_softmax(const Node& node, const KernelContext& context);
MadeKernel make_transpose(const Node& node, const KernelContext& context);
MadeKernel make_matrix_product(const Node& node, const KernelContext& context);
MadeKernel make_quantize(const Node& node, const KernelContext& context);    // to int8
MadeKernel make_dequantize(const Node& node, const KernelContext& context);  // from int8

}  // namespace sluice::model::xnnpack
