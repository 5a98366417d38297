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

constexpr OperatorEntry nhwc(std::string_view op_type, KernelFactory make, bool packs_constants = false) {
  return {kNhwcDomain, op_type, kMinOpset, kMaxOpset, make, packs_constants};
}

constexpr OperatorEntry onnx(std::string_view op_type, KernelFactory make, std::int64_t since = kNumpyBroadcastOpset) {
  return {kOnnxDomain, op_type, since, kMaxOpset, make};
}

constexpr std::array kGateOperators = {
    nhwc("Conv", gate::make_convolution, true),
    nhwc("FullyConnected", gate::make_fully_connected, true),
    nhwc("MaxPool", gate::make_max_pool),
    nhwc("AveragePool", gate::make_average_pool),
    nhwc("GlobalAveragePool", xnnpack::make_global_average_pool),
    nhwc("GlobalMaxPool", xnnpack::make_global_max_pool),
    onnx("Add", gate::make_binary, 7),
    onnx("Clip", gate::make_unary, 6),
    onnx("Concat", ops::make_concat),
    onnx("Flatten", ops::make_flatten),
    onnx("Mul", gate::make_binary, 7),
    onnx("Relu", gate::make_unary, 6),
    onnx("Reshape", ops::make_reshape),
    onnx("Sigmoid", gate::make_unary, 6),
    onnx("Sub", gate::make_binary, 7),
    onnx("Transpose", ops::make_transpose),
};

}  // namespace

OperatorSet gate_operators() { return {kGateOperators, passes::optimize_gate}; }

}  // namespace sluice::model
