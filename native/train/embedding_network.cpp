#include "native/train/embedding_network.hpp"

#include <algorithm>
#include <array>

#include "native/train/trunk.hpp"

namespace sluice::train {
namespace {

constexpr std::int64_t kGridSide = 3;  // places of the trunk that become one
constexpr std::array<std::string_view, 3> kForms{"pooled", "grid", "strided"};

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t high, std::int64_t wide,
                              std::int64_t stride, std::int64_t padding) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, {high, wide}).stride(stride).padding(padding));
}

std::int64_t reduced(std::int64_t side, std::int64_t by) { return (side + by - 1) / by; }
std::int64_t grid_side(std::int64_t side) { return std::min(side, kGridSide); }

// Adds a network's layers to a filter's ONNX.
class EmbeddingExporter {
 public:
  EmbeddingExporter(model::OnnxWriter& writer, std::string input) : writer_(writer), at_(std::move(input)) {}

  void convolution(const torch::Tensor& weight, const torch::Tensor& bias, std::int64_t stride, std::int64_t padding) {
    const std::string w = constant(weight);
    const std::string b = constant(bias);
    node("Conv", {at_, w, b},
         {{"dilations", Ints{1, 1}},
          {"group", std::int64_t{1}},
          {"kernel_shape", Ints{weight.size(2), weight.size(3)}},
          {"pads", Ints{padding, padding, padding, padding}},
          {"strides", Ints{stride, stride}}});
  }
  void node(std::string_view op_type, const model::OnnxWriter::Names& inputs,
            const std::vector<model::Attribute>& attributes, std::string output = {}) {
    if (output.empty()) output = "embedding_" + std::to_string(values_++);
    writer_.add_node(op_type, inputs, {output}, attributes, output);
    at_ = output;
  }
  void node(std::string_view op_type, const std::vector<model::Attribute>& attributes = {}, std::string output = {}) {
    node(op_type, {at_}, attributes, std::move(output));
  }
  void mean_pool(std::int64_t high, std::int64_t wide) {
    node("AveragePool", {{"kernel_shape", Ints{high, wide}}, {"strides", Ints{high, wide}}});
  }

 private:
  using Ints = std::vector<std::int64_t>;

  std::string constant(const torch::Tensor& tensor) {
    const torch::Tensor packed = tensor.detach().contiguous();
    const std::string name = "embedding_weights_" + std::to_string(weights_++);
    const auto dims = packed.sizes();
    const std::span values(packed.data_ptr<float>(), static_cast<std::size_t>(packed.numel()));
    writer_.add_initializer(
        name, TensorView{DataType::kFloat32, *Shape::make({dims.data(), dims.size()}), std::as_bytes(values)});
    return name;
  }

  model::OnnxWriter& writer_;
  std::string at_;
  int values_ = 0;
  int weights_ = 0;
};

}  // namespace

Result<EmbeddingForm> embedding_form(std::string_view name) {
  const auto found = std::ranges::find(kForms, name);
  if (found == kForms.end())
    return fail(ErrorCode::kNotFound, {"there is no embedding '", name, "'; there are 'pooled', 'grid' and 'strided'"});
  return static_cast<EmbeddingForm>(found - kForms.begin());
}

EmbeddingNetworkImpl::EmbeddingNetworkImpl(const EmbeddingDesign& design_) : design(design_) {
  const std::int64_t c = design.channels;
  std::int64_t high = 1;
  std::int64_t wide = 1;
  if (design.form == EmbeddingForm::kStrided) {
    first = register_module("first", convolution(design.trunk_channels, c, 3, 3, 2, 1));
    second = register_module("second", convolution(c, c, 3, 3, 3, 1));
    high = reduced(reduced(design.high, 2), 3);
    wide = reduced(reduced(design.wide, 2), 3);
  } else {
    first = register_module("first", convolution(design.trunk_channels, c, 1, 1, 1, 0));
    if (design.form == EmbeddingForm::kGrid) {
      high = design.high / grid_side(design.high);
      wide = design.wide / grid_side(design.wide);
    }
  }
  last = register_module("last", convolution(c, design.size, high, wide, 1, 0));
  raw_weights = register_parameter("raw_weights", torch::zeros({design.size}));
  // Two equal inputs begin with a z close to 0.
  bias = register_parameter("bias", torch::full({1}, -3.0));
}

torch::Tensor EmbeddingNetworkImpl::forward(const torch::Tensor& features) {
  torch::Tensor x = torch::relu(first(features));
  switch (design.form) {
    case EmbeddingForm::kPooled: x = x.amax({2, 3}, true); break;
    case EmbeddingForm::kGrid: {
      const std::array<std::int64_t, 2> side{grid_side(design.high), grid_side(design.wide)};
      x = torch::avg_pool2d(x, side, side);
      break;
    }
    case EmbeddingForm::kStrided: x = torch::relu(second(x)); break;
  }
  return last(x).flatten(1) * weights();
}

torch::Tensor EmbeddingNetworkImpl::difference(const torch::Tensor& a, const torch::Tensor& b) {
  return torch::sigmoid((a - b).abs().sum(1) + bias);
}

std::uint64_t EmbeddingNetworkImpl::multiply_adds() const {
  const std::int64_t c = design.channels;
  std::int64_t sum = 0;
  if (design.form == EmbeddingForm::kStrided) {
    const std::int64_t half = reduced(design.high, 2) * reduced(design.wide, 2);
    sum = half * 9 * design.trunk_channels * c +
          reduced(reduced(design.high, 2), 3) * reduced(reduced(design.wide, 2), 3) * 9 * c * c;
  } else {
    sum = design.high * design.wide * design.trunk_channels * c;
  }
  return static_cast<std::uint64_t>(sum + last->weight.numel());
}

Result<std::string> export_embedding(Bytes filter, EmbeddingNetwork& network) {
  torch::NoGradGuard no_gradient;
  EmbeddingNetworkImpl& net = *network;
  return extend_filter(filter, [&](model::OnnxWriter& writer, const std::string& features) {
    EmbeddingExporter exporter(writer, features);
    const bool strided = net.design.form == EmbeddingForm::kStrided;
    exporter.convolution(net.first->weight, net.first->bias, strided ? 2 : 1, strided ? 1 : 0);
    exporter.node("Relu");
    switch (net.design.form) {
      case EmbeddingForm::kPooled: exporter.node("GlobalMaxPool"); break;
      case EmbeddingForm::kGrid: exporter.mean_pool(grid_side(net.design.high), grid_side(net.design.wide)); break;
      case EmbeddingForm::kStrided:
        exporter.convolution(net.second->weight, net.second->bias, 3, 1);
        exporter.node("Relu");
        break;
    }
    const torch::Tensor factor = net.weights();
    exporter.convolution(net.last->weight * factor.view({-1, 1, 1, 1}), net.last->bias * factor, 1, 0);
    exporter.node("Flatten", {{"axis", std::int64_t{1}}}, "embedding");
    writer.add_output("embedding", DataType::kFloat32, {1, net.design.size});
  });
}

}  // namespace sluice::train
