// XNNPACK's WebAssembly SIMD microkernels that the gate's convolution calls without XNNPACK's operators, which weigh ten
// times as much. The library exports them by name but no public header declares them: shapes and order of the arguments are
// those of its src/xnnpack/{igemm,dwconv}.h. Strides and sizes are in bytes unless a line says otherwise. They keep no
// state, allocate nothing and cannot fail.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/model/passes/fuse_activations.hpp"

extern "C" {

// Up to R places (`rows`) times `columns` channels of the output. `table` holds, for each tap, the addresses of R rows of
// `row_bytes` of input; `table_bytes` is taps * R * sizeof(void*). Each address but `zero` is moved by `offset`. Weights, for
// each 8 columns: 8 biases, then for each tap and each element of a row 8 factors.
using SluiceMatrixKernel = void(std::size_t rows, std::size_t columns, std::size_t row_bytes, std::size_t table_bytes,
                                const float** table, const float* weights, float* output, std::size_t output_stride,
                                std::size_t block_stride, std::size_t offset, const float* zero,
                                const sluice::model::passes::Bounds* bounds);
SluiceMatrixKernel xnn_f32_igemm_minmax_ukernel_4x8__wasmsimd_x86_loadsplat;
SluiceMatrixKernel xnn_f32_igemm_minmax_ukernel_1x8__wasmsimd_x86_loadsplat;

// `places` of the output with all `channels` (a number); for each place `table` holds as many addresses as the kernel has
// taps, and `table_stride` leads to the next place's. Weights, for each block of channels: the biases, then the factors of
// each tap. Reads up to a block of channels past the end of a row.
using SluiceDepthwiseKernel = void(std::size_t channels, std::size_t places, const float** table, const float* weights,
                                   float* output, std::intptr_t table_stride, std::size_t output_gap,
                                   std::size_t offset, const float* zero, const sluice::model::passes::Bounds* bounds);
SluiceDepthwiseKernel xnn_f32_dwconv_minmax_ukernel_9p4c__wasmsimd_x86_acc2;
SluiceDepthwiseKernel xnn_f32_dwconv_minmax_ukernel_25p4c__wasmsimd_arm;

}  // extern "C"
