#include "native/train/splitnet/local_head.hpp"

namespace sluice::train::splitnet {
namespace {

// Separable convolutions that halve the sides as they go.
std::vector<ConvNormDesign> head_layers(const SplitDesign& design) {
  if (design.local == LocalForm::kPooled) return {};
  std::vector<ConvNormDesign> layers;
  std::int64_t in = design.channels;
  for (const std::int64_t out : {48, 96}) {
    layers.push_back({.in = in, .out = in, .groups = in, .activation = Activation::kNone});
    layers.push_back({.in = in, .out = out, .kernel = 1, .padding = 0});
    layers.push_back({.in = out, .out = out, .stride = 2, .groups = out});
    in = out;
  }
  return layers;
}

std::int64_t pooled_width(const SplitDesign& design) {
  return design.local == LocalForm::kPooled ? design.local_channels : head_layers(design).back().out;
}

}  // namespace

LocalHeadImpl::LocalHeadImpl(const SplitDesign& design, std::int64_t classes) : local_channels_(design.local_channels) {
  for (const ConvNormDesign& layer : head_layers(design)) {
    layers_.push_back(register_module("layer" + std::to_string(layers_.size()), ConvNorm(layer, Arithmetic::kFloat32)));
  }
  head = register_module("head", torch::nn::Linear(pooled_width(design), classes));
}

torch::Tensor LocalHeadImpl::forward(const torch::Tensor& features) {
  torch::Tensor x = layers_.empty() ? features.narrow(1, 0, local_channels_) : features;
  for (ConvNorm& layer : layers_) x = layer->forward(x);
  return head->forward(x.mean({2, 3}));
}

std::int64_t local_head_multiply_adds(const SplitDesign& design, std::int64_t feature_side, std::int64_t classes) {
  std::int64_t side = feature_side;
  std::int64_t sum = pooled_width(design) * classes;
  for (const ConvNormDesign& layer : head_layers(design)) {
    side /= layer.stride;
    sum += side * side * layer.kernel * layer.kernel * (layer.in / layer.groups) * layer.out;
  }
  return sum;
}

}  // namespace sluice::train::splitnet
