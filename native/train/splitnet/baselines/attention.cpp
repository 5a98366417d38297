#include "native/train/splitnet/baselines/attention.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::int64_t kKeyShare = 8;    // of the channels make a key
constexpr std::int64_t kValueShare = 2;  // and a value

torch::nn::Conv2d pointwise(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1));
}

}  // namespace

AttentionImpl::AttentionImpl(std::int64_t channels, Arithmetic arithmetic)
    : channels_(channels), type_(arithmetic == Arithmetic::kBfloat16 ? torch::kBFloat16 : torch::kFloat32) {
  query_ = register_module("query", pointwise(channels, channels / kKeyShare));
  key_ = register_module("key", pointwise(channels, channels / kKeyShare));
  value_ = register_module("value", pointwise(channels, channels / kValueShare));
  out_ = register_module("out", pointwise(channels / kValueShare, channels));
  gain_ = register_parameter("gain", torch::zeros({1}));
}

torch::Tensor AttentionImpl::forward(const torch::Tensor& input) {
  const torch::Tensor x = input.to(type_);
  const auto convolved = [&](const torch::nn::Conv2d& conv, const torch::Tensor& map) {
    return torch::conv2d(map, conv->weight.to(type_), conv->bias.to(type_));
  };
  const auto pooled = [&](const torch::Tensor& map) { return torch::max_pool2d(map, 2).flatten(2); };
  const torch::Tensor queries = convolved(query_, x).flatten(2).transpose(1, 2);  // [N, places, key]
  const torch::Tensor keys = pooled(convolved(key_, x));                          // [N, key, places / 4]
  const torch::Tensor values = pooled(convolved(value_, x));                      // [N, value, places / 4]
  const torch::Tensor fits = torch::softmax(torch::bmm(queries, keys), -1);       // [N, places, places / 4]
  const torch::Tensor mixed = torch::bmm(values, fits.transpose(1, 2));           // [N, value, places]
  return x + gain_.to(type_) * convolved(out_, mixed.view({x.size(0), -1, x.size(2), x.size(3)}));
}

std::string AttentionImpl::write(OnnxExport& graph, const std::string& x, std::int64_t side) const {
  using Ints = OnnxExport::Ints;
  const auto shape = [&](std::int64_t channels, std::int64_t places) {
    return graph.constant(torch::tensor({std::int64_t{1}, channels, places}, torch::kLong));
  };
  const auto convolved = [&](const torch::nn::Conv2d& conv) {
    return graph.convolution(x, conv->weight, conv->bias, 1, 0, 1);
  };
  const auto pooled = [&](const std::string& map) {
    return graph.node("MaxPool", {map}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  };
  const auto turned = [&](const std::string& map) { return graph.node("Transpose", {map}, {{"perm", Ints{0, 2, 1}}}); };
  const std::int64_t places = side * side;
  const std::string queries = turned(graph.node("Reshape", {convolved(query_), shape(channels_ / kKeyShare, places)}));
  const std::string keys = graph.node("Reshape", {pooled(convolved(key_)), shape(channels_ / kKeyShare, places / 4)});
  const std::string values =
      graph.node("Reshape", {pooled(convolved(value_)), shape(channels_ / kValueShare, places / 4)});
  const std::string fits = graph.node("Softmax", {graph.node("MatMul", {queries, keys})}, {{"axis", std::int64_t{-1}}});
  const std::string mixed = graph.node(
      "Reshape", {graph.node("MatMul", {values, turned(fits)}),
                  graph.constant(torch::tensor({std::int64_t{1}, channels_ / kValueShare, side, side}, torch::kLong))});
  const std::string added = graph.convolution(mixed, gain_ * out_->weight, gain_ * out_->bias, 1, 0, 1);
  return graph.node("Add", {x, added});
}

}  // namespace sluice::train::splitnet::baselines
