#include "native/train/onnx_export.hpp"

#include <span>

namespace sluice::train {
OnnxExport::OnnxExport(std::string_view graph_name, std::int64_t opset) : writer_(std::string(graph_name), opset) {}

std::string OnnxExport::node(std::string_view op_type, const model::OnnxWriter::Names& inputs,
                             const std::vector<model::Attribute>& attributes, std::string output) {
  if (output.empty()) output = std::string(op_type) + "_" + std::to_string(nodes_++);
  writer_.add_node(op_type, inputs, {output}, attributes, output);
  return output;
}

std::string OnnxExport::convolution(const std::string& input, const torch::Tensor& weight, const torch::Tensor& bias,
                                    std::int64_t stride, std::int64_t pad, std::int64_t groups) {
  const std::int64_t kernel = weight.size(2);
  return node("Conv", {input, constant(weight), constant(bias)},
              {{"dilations", Ints{1, 1}},
               {"group", groups},
               {"kernel_shape", Ints{kernel, kernel}},
               {"pads", Ints{pad, pad, pad, pad}},
               {"strides", Ints{stride, stride}}});
}

std::string OnnxExport::constant(const torch::Tensor& tensor) {
  const bool whole = tensor.scalar_type() == torch::kLong;
  const torch::Tensor packed = tensor.detach().to(whole ? torch::kLong : torch::kFloat32).contiguous();
  const std::string name = "weights_" + std::to_string(constants_++);
  const std::span<const std::byte> bytes(static_cast<const std::byte*>(packed.data_ptr()), packed.nbytes());
  const auto dims = packed.sizes();
  writer_.add_initializer(
      name, TensorView{whole ? DataType::kInt64 : DataType::kFloat32, *Shape::make({dims.data(), dims.size()}), bytes});
  return name;
}

}  // namespace sluice::train
