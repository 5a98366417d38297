// The factories of the plain kernels, one for each ONNX operator, so that an operator set can name what it needs and the
// linker drops the rest. Each implements the operator's definitions of every opset that onnx_operators() lists it with,
// telling them apart by the graph's opset. All refuse malformed or unsupported nodes with a typed error.
// Semantics: the ONNX operator specification.
#pragma once

#include "core/model/kernel.hpp"

namespace sluice::model::ops {

using Factory = Result<std::unique_ptr<Kernel>>(const Node& node, const KernelContext& context);

// unary_math.cpp
Factory make_abs, make_acos, make_acosh, make_asin, make_asinh, make_atan, make_atanh, make_ceil, make_cos, make_cosh,
    make_erf, make_exp, make_floor, make_log, make_neg, make_reciprocal, make_round, make_sign, make_sin, make_sinh,
    make_sqrt, make_tan, make_tanh;
// activation.cpp
Factory make_celu, make_elu, make_hard_sigmoid, make_hard_swish, make_leaky_relu, make_prelu, make_relu, make_selu,
    make_shrink, make_sigmoid, make_softplus, make_softsign, make_thresholded_relu;
// clip.cpp
Factory make_clip;
// arithmetic.cpp
Factory make_add, make_sub, make_mul, make_div, make_mod, make_pow, make_bit_shift;
// comparison.cpp
Factory make_equal, make_greater, make_greater_or_equal, make_less, make_less_or_equal, make_and, make_or, make_xor,
    make_not, make_is_inf, make_is_nan;
// variadic.cpp
Factory make_max, make_min, make_sum, make_mean;
// where.cpp
Factory make_where;
// reduction.cpp
Factory make_reduce_l1, make_reduce_l2, make_reduce_log_sum, make_reduce_log_sum_exp, make_reduce_max, make_reduce_mean,
    make_reduce_min, make_reduce_prod, make_reduce_sum, make_reduce_sum_square;
// arg_reduction.cpp
Factory make_arg_max, make_arg_min, make_top_k;
// cumulative_sum.cpp
Factory make_cum_sum;
// convolution.cpp, quantized_convolution.cpp, transposed_convolution.cpp
Factory make_conv, make_conv_integer, make_q_linear_conv, make_conv_transpose;
// pooling.cpp, global_pooling.cpp, max_unpooling.cpp
Factory make_average_pool, make_max_pool, make_global_average_pool, make_global_max_pool, make_max_unpool;
// matrix_product.cpp, gemm.cpp
Factory make_mat_mul, make_mat_mul_integer, make_q_linear_mat_mul, make_gemm;
// softmax.cpp
Factory make_softmax, make_log_softmax, make_hardmax;
// batch_normalization.cpp, normalization.cpp, local_response_normalization.cpp
Factory make_batch_normalization, make_instance_normalization, make_layer_normalization, make_lrn,
    make_mean_variance_normalization;
// resize.cpp
Factory make_resize, make_upsample;
// reshape.cpp, dropout.cpp
Factory make_reshape, make_flatten, make_squeeze, make_unsqueeze, make_identity, make_dropout;
// expand.cpp
Factory make_expand, make_tile;
// concat.cpp
Factory make_concat, make_split;
// transpose.cpp, slice.cpp, pad.cpp, space_depth.cpp
Factory make_transpose, make_slice, make_pad, make_depth_to_space, make_space_to_depth;
// gather.cpp, scatter.cpp
Factory make_gather, make_gather_elements, make_gather_nd, make_scatter_elements, make_scatter_nd;
// cast.cpp
Factory make_cast, make_cast_like;
// constant.cpp, shape_query.cpp
Factory make_constant, make_constant_of_shape, make_eye_like, make_range, make_shape, make_size;
// quantization.cpp
Factory make_quantize_linear, make_dequantize_linear, make_dynamic_quantize_linear;
// one_hot.cpp, triangle.cpp, reverse_sequence.cpp
Factory make_one_hot, make_trilu, make_reverse_sequence;
// selection.cpp
Factory make_compress, make_non_zero, make_unique;
// non_max_suppression.cpp, roi_align.cpp, grid_sample.cpp
Factory make_non_max_suppression, make_roi_align, make_grid_sample;
// einsum.cpp, recurrent.cpp
Factory make_einsum, make_gru, make_lstm, make_rnn;

}  // namespace sluice::model::ops
