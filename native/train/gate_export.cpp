#include "native/train/gate_export.hpp"

#include <vector>

#include "core/model/onnx_writer.hpp"

namespace sluice::train {
namespace {

constexpr std::int64_t kOpset = 13;

std::span<const float> values_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

class GateExporter {
 public:
  explicit GateExporter(const GateDesign& design) : writer_("skip_filter", kOpset) {
    writer_.add_input("picture", DataType::kFloat32, {1, 3, std::int64_t{design.height}, std::int64_t{design.width}});
  }

  std::string unit(const ConvUnitImpl& unit, const std::string& input) {
    torch::NoGradGuard no_gradient;
    const auto& norm = *unit.norm;
    const torch::Tensor factor = norm.weight / torch::sqrt(norm.running_var + norm.options.eps());
    const torch::Tensor weight = unit.convolution->weight * factor.view({-1, 1, 1, 1});
    const torch::Tensor bias = norm.bias - norm.running_mean * factor;
    const auto& options = unit.convolution->options;
    const std::string output = convolution(input, weight, bias, (*options.stride())[0], options.groups());
    return unit.relu ? node("Relu", {output}) : output;
  }

  std::string convolution(const std::string& input, const torch::Tensor& weight, const torch::Tensor& bias,
                          std::int64_t stride, std::int64_t groups) {
    const std::int64_t kernel = weight.size(2);
    const std::int64_t pad = kernel / 2;
    return node("Conv", {input, weights(weight), weights(bias)},
                {{"dilations", Ints{1, 1}},
                 {"group", groups},
                 {"kernel_shape", Ints{kernel, kernel}},
                 {"pads", Ints{pad, pad, pad, pad}},
                 {"strides", Ints{stride, stride}}});
  }

  // Returns the name of the node's output.
  std::string node(std::string_view op_type, const model::OnnxWriter::Names& inputs,
                   const std::vector<model::Attribute>& attributes = {}, std::string output = {}) {
    if (output.empty()) output = std::string(op_type) + "_" + std::to_string(nodes_++);
    writer_.add_node(op_type, inputs, {output}, attributes, output);
    return output;
  }

  std::string finish(const std::string& output) {
    writer_.add_output(output, DataType::kFloat32, {1, 1});
    return writer_.finish();
  }

 private:
  using Ints = std::vector<std::int64_t>;

  std::string weights(const torch::Tensor& tensor) {
    const torch::Tensor packed = tensor.detach().contiguous();
    const std::string name = "weights_" + std::to_string(weights_++);
    const auto dims = packed.sizes();
    writer_.add_initializer(name, TensorView{DataType::kFloat32, *Shape::make({dims.data(), dims.size()}),
                                             std::as_bytes(values_of(packed))});
    return name;
  }

  model::OnnxWriter writer_;
  int nodes_ = 0;
  int weights_ = 0;
};

}  // namespace

std::string export_gate(const GateNetwork& network) {
  const GateNetworkImpl& net = *network;
  GateExporter exporter(net.design);
  std::string x = exporter.unit(*net.stem, "picture");
  for (const SeparableBlock& block : net.blocks) {
    const std::string y = exporter.unit(*block->pointwise, exporter.unit(*block->depthwise, x));
    x = block->residual ? exporter.node("Add", {x, y}) : y;
  }
  x = exporter.unit(*net.head, x);
  x = exporter.convolution(x, net.score->weight, net.score->bias, 1, 1);
  x = exporter.node("GlobalMaxPool", {x});
  x = exporter.node("Flatten", {x}, {{"axis", std::int64_t{1}}});
  return exporter.finish(exporter.node("Sigmoid", {x}, {}, "needed"));
}

}  // namespace sluice::train
