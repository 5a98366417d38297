#include "native/train/splitnet/extractor.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::int64_t kFirstSeparable = 4;  // channels
constexpr double kFirstScale = 2;  // of signed features: rounding is fine at first, and the rate term makes it coarser

std::vector<ConvNormDesign> extractor_layers(const SplitDesign& design) {
  if (design.extractor == ExtractorForm::kStrided) {
    return {{.in = 3, .out = design.extractor_width, .kernel = design.patch, .stride = design.patch, .padding = 0},
            {.in = design.extractor_width,
             .out = design.channels,
             .kernel = 1,
             .padding = 0,
             .activation = design.quantiser == QuantiserForm::kCodebook ? Activation::kRelu6 : Activation::kNone}};
  }
  std::vector<ConvNormDesign> layers;
  const auto separable = [&](std::int64_t in, std::int64_t out, std::int64_t stride) {
    layers.push_back({.in = in,
                      .out = in,
                      .stride = stride,
                      .groups = in,
                      .normalise = false,
                      .bias = false,
                      .activation = Activation::kNone});
    layers.push_back({.in = in, .out = out, .kernel = 1, .padding = 0, .activation = Activation::kRelu6});
  };
  separable(3, kFirstSeparable, 2);
  separable(kFirstSeparable, design.channels, 1);
  return layers;
}

}  // namespace

std::int64_t extractor_stride(const SplitDesign& design) {
  return design.extractor == ExtractorForm::kStrided ? design.patch : 2;
}

ExtractorImpl::ExtractorImpl(const SplitDesign& design) {
  for (const ConvNormDesign& layer : extractor_layers(design)) {
    // float32: what is computed here is rounded to few levels, and the device has to come to the same ones.
    layers_.push_back(register_module("layer" + std::to_string(layers_.size()), ConvNorm(layer, Arithmetic::kFloat32)));
  }
  if (layers_.back()->design().activation == Activation::kNone) {
    torch::NoGradGuard no_gradient;
    layers_.back()->norm->weight.fill_(kFirstScale);
  }
}

torch::Tensor ExtractorImpl::forward(const torch::Tensor& pictures) {
  torch::Tensor x = pictures;
  for (ConvNorm& layer : layers_) x = layer->forward(x);
  return x;
}

void ExtractorImpl::reorder(const torch::Tensor& order) {
  torch::NoGradGuard no_gradient;
  const ConvNorm& last = layers_.back();
  for (torch::Tensor tensor :
       {last->conv->weight, last->norm->weight, last->norm->bias, last->norm->running_mean, last->norm->running_var}) {
    tensor.copy_(tensor.index_select(0, order));
  }
}

std::int64_t extractor_multiply_adds(const SplitDesign& design, std::int64_t picture_side) {
  std::int64_t side = picture_side;
  std::int64_t sum = 0;
  for (const ConvNormDesign& layer : extractor_layers(design)) {
    side /= layer.stride;
    sum += side * side * layer.kernel * layer.kernel * (layer.in / layer.groups) * layer.out;
  }
  return sum;
}

}  // namespace sluice::train::splitnet
