// The full set: XNNPACK's kernels first, the plain kernels behind them for the forms that those refuse.
#include <array>
#include <vector>

#include "core/model/kernel.hpp"
#include "core/model/ops/onnx_operators.hpp"
#include "core/model/passes/optimize.hpp"
#include "core/model/xnnpack/kernels.hpp"

namespace sluice::model {
namespace {

using namespace xnnpack;

constexpr OperatorEntry nhwc(std::string_view op_type, KernelFactory make, bool packs_constants = false) {
  return {kNhwcDomain, op_type, kMinOpset, kMaxOpset, make, packs_constants};
}

constexpr OperatorEntry onnx(std::string_view op_type, KernelFactory make, std::int64_t since = kNumpyBroadcastOpset) {
  return {kOnnxDomain, op_type, since, kMaxOpset, make};
}

constexpr std::array kXnnpackOperators = {
    nhwc("Conv", make_convolution, true),
    nhwc("ConvTranspose", make_deconvolution, true),
    nhwc("FullyConnected", make_fully_connected, true),
    nhwc("MaxPool", make_max_pool),
    nhwc("AveragePool", make_average_pool),
    nhwc("GlobalAveragePool", make_global_average_pool),
    nhwc("GlobalMaxPool", make_global_max_pool),
    nhwc("ResizeNearest", make_resize_nearest),
    nhwc("ResizeBilinear", make_resize_bilinear),
    nhwc("QuantizedConv", make_quantized_convolution, true),
    nhwc("QuantizedFullyConnected", make_quantized_fully_connected, true),
    nhwc("QuantizedAdd", make_quantized_add),
    nhwc("QuantizedGlobalAveragePool", make_quantized_global_average_pool),
    onnx("Add", make_binary),
    onnx("Sub", make_binary),
    onnx("Mul", make_binary),
    onnx("Div", make_binary),
    onnx("Max", make_binary),
    onnx("Min", make_binary),
    onnx("Relu", make_unary),
    onnx("Clip", make_unary),
    onnx("Sigmoid", make_unary),
    onnx("Tanh", make_unary),
    onnx("HardSwish", make_unary, 14),
    onnx("LeakyRelu", make_unary),
    onnx("Elu", make_unary),
    onnx("Exp", make_unary),
    onnx("Abs", make_unary),
    onnx("Neg", make_unary),
    onnx("Floor", make_unary),
    onnx("Ceil", make_unary),
    onnx("Round", make_unary, 11),
    onnx("Softmax", make_softmax),
    onnx("Transpose", make_transpose),
    onnx("MatMul", make_matrix_product),
    onnx("QuantizeLinear", make_quantize, 10),
    onnx("DequantizeLinear", make_dequantize, 10),
};

std::vector<OperatorEntry> join() {
  std::vector<OperatorEntry> all(kXnnpackOperators.begin(), kXnnpackOperators.end());
  const auto plain = ops::onnx_operators();
  all.insert(all.end(), plain.begin(), plain.end());
  return all;
}

}  // namespace

OperatorSet all_operators() {
  static const std::vector<OperatorEntry> kAll = join();
  return {kAll, passes::optimize};
}

}  // namespace sluice::model
