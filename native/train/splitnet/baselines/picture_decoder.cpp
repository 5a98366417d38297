#include "native/train/splitnet/baselines/picture_decoder.hpp"

#include "native/train/splitnet/layer_export.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::int64_t kWide = 64;
constexpr std::int64_t kNarrow = 16;

torch::Tensor doubled(const torch::Tensor& x) {
  return torch::upsample_nearest2d(x, torch::IntArrayRef({2 * x.size(2), 2 * x.size(3)}));
}

std::string write_doubled(OnnxExport& graph, const std::string& x) {
  return graph.node("Resize", {x, "", graph.constant(torch::tensor({1.0F, 1.0F, 2.0F, 2.0F}))},
                    {{"mode", std::string("nearest")},
                     {"coordinate_transformation_mode", std::string("asymmetric")},
                     {"nearest_mode", std::string("floor")}});
}

}  // namespace

UpBlockImpl::UpBlockImpl(std::int64_t in, std::int64_t out, Arithmetic arithmetic) {
  first_ = register_module("first", ConvNorm(ConvNormDesign{.in = in, .out = out}, arithmetic));
  second_ = register_module(
      "second", ConvNorm(ConvNormDesign{.in = out, .out = out, .activation = Activation::kNone}, arithmetic));
  shortcut_ = register_module(
      "shortcut",
      ConvNorm(ConvNormDesign{.in = in, .out = out, .kernel = 1, .padding = 0, .activation = Activation::kNone},
               arithmetic));
}

torch::Tensor UpBlockImpl::forward(const torch::Tensor& x) {
  // A convolution of 1x1 and doubling change places.
  return torch::relu(doubled(shortcut_->forward(x)) + second_->forward(first_->forward(doubled(x))));
}

std::string UpBlockImpl::write(OnnxExport& graph, const std::string& x) const {
  const std::string shortcut = write_doubled(graph, export_block(graph, shortcut_, x));
  const std::string main = export_block(graph, second_, export_block(graph, first_, write_doubled(graph, x)));
  return graph.node("Relu", {graph.node("Add", {shortcut, main})});
}

PictureDecoderImpl::PictureDecoderImpl(std::int64_t channels, Arithmetic arithmetic) {
  entry_ = register_module("entry", ConvNorm(ConvNormDesign{.in = channels, .out = kWide}, arithmetic));
  first_attention_ = register_module("first_attention", Attention(kWide, arithmetic));
  first_up_ = register_module("first_up", UpBlock(kWide, kWide, arithmetic));
  second_attention_ = register_module("second_attention", Attention(kWide, arithmetic));
  second_up_ = register_module("second_up", UpBlock(kWide, kNarrow, arithmetic));
  last_ = register_module(
      "last", ConvNorm(ConvNormDesign{.in = kNarrow, .out = 3, .normalise = false, .activation = Activation::kNone},
                       arithmetic));
}

torch::Tensor PictureDecoderImpl::forward(const torch::Tensor& values) {
  torch::Tensor x = entry_->forward(values.contiguous(torch::MemoryFormat::ChannelsLast));
  x = first_up_->forward(first_attention_->forward(x));
  x = second_up_->forward(second_attention_->forward(x));
  return torch::tanh(last_->forward(x).to(torch::kFloat32));
}

std::string PictureDecoderImpl::write(OnnxExport& graph, const std::string& values, std::int64_t side) const {
  std::string x = export_block(graph, entry_, values);
  x = first_up_->write(graph, first_attention_->write(graph, x, side));
  x = second_up_->write(graph, second_attention_->write(graph, x, 2 * side));
  return graph.node("Tanh", {export_block(graph, last_, x)});
}

}  // namespace sluice::train::splitnet::baselines
