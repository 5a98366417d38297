#include "native/train/onnx_export.hpp"

#include <span>

namespace sluice::train {
namespace {

constexpr std::int64_t kLargeWeights = 1024;  // values; what is smaller is not worth a node
constexpr std::int64_t kOnnxFloat32 = 1;      // of TensorProto.DataType

}  // namespace

OnnxExport::OnnxExport(std::string_view graph_name, std::int64_t opset, WeightForm form)
    : writer_(std::string(graph_name), opset), form_(form) {}

void OnnxExport::input(std::string_view name, const Ints& dims) {
  writer_.add_input(name, DataType::kFloat32, dims);
  inputs_.emplace(name);
}

std::string OnnxExport::new_name(std::string_view kind, int& count) const {
  std::string name;
  do name = std::string(kind) + "_" + std::to_string(count++);
  while (inputs_.contains(name));
  return name;
}

std::string OnnxExport::node(std::string_view op_type, const model::OnnxWriter::Names& inputs,
                             const std::vector<model::Attribute>& attributes, std::string output) {
  if (output.empty()) output = new_name(op_type, nodes_);
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
  const bool half = !whole && form_ == WeightForm::kFloat16 && tensor.numel() >= kLargeWeights;
  const torch::ScalarType scalar = whole ? torch::kLong : half ? torch::kHalf : torch::kFloat32;
  const torch::Tensor packed = tensor.detach().to(scalar).contiguous();
  const std::string name = new_name("weights", constants_);
  const std::span<const std::byte> bytes(static_cast<const std::byte*>(packed.data_ptr()), packed.nbytes());
  const auto dims = packed.sizes();
  const DataType type = whole ? DataType::kInt64 : half ? DataType::kFloat16 : DataType::kFloat32;
  writer_.add_initializer(name, TensorView{type, *Shape::make({dims.data(), dims.size()}), bytes});
  return half ? node("Cast", {name}, {{"to", kOnnxFloat32}}) : name;
}

}  // namespace sluice::train
