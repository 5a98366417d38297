// What small convolutional gates need. Only what stands here is linked into a program that names gate_operators() alone, so
// every row is weighed: convolution and matrix product over XNNPACK's float32 microkernels, pools and elementwise kernels of
// its own (XNNPACK's and the full set's bring every operator and type along), and plain kernels for the rest.
#include <array>

#include "core/model/gate/kernels.hpp"
#include "core/model/kernel.hpp"
#include "core/model/ops/factories.hpp"
#include "core/model/passes/optimize.hpp"
#include "core/model/xnnpack/kernels.hpp"

namespace sluice::model {
namespace {

constexpr OperatorEntry gate_nhwc(std::string_view op_type, KernelFactory make, bool packs_constants = false) {
  return {kNhwcDomain, op_type, kMinOpset, kMaxOpset, make, packs_constants};
}

constexpr OperatorEntry gate_onnx(std::string_view op_type, KernelFactory make,
                                  std::int64_t since = kNumpyBroadcastOpset) {
  return {kOnnxDomain, op_type, since, kMaxOpset, make};
}

constexpr std::array kGateOperators = {
    gate_nhwc("Conv", gate::make_convolution, true),
    gate_nhwc("FullyConnected", gate::make_fully_connected, true),
    gate_nhwc("MaxPool", gate::make_max_pool),
    gate_nhwc("AveragePool", gate::make_average_pool),
    gate_nhwc("GlobalAveragePool", xnnpack::make_global_average_pool),
    gate_nhwc("GlobalMaxPool", xnnpack::make_global_max_pool),
    gate_onnx("Add", gate::make_binary, 7),
    gate_onnx("Clip", gate::make_unary, 6),
    gate_onnx("Concat", ops::make_concat),
    gate_onnx("Flatten", ops::make_flatten),
    gate_onnx("Mul", gate::make_binary, 7),
    gate_onnx("Relu", gate::make_unary, 6),
    gate_onnx("Reshape", ops::make_reshape),
    gate_onnx("Sigmoid", gate::make_unary, 6),
    gate_onnx("Sub", gate::make_binary, 7),
    gate_onnx("Transpose", ops::make_transpose),
};

}  // namespace

OperatorSet gate_operators() { return {kGateOperators, passes::optimize_gate}; }

}  // namespace sluice::model
