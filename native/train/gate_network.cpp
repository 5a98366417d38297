#include "native/train/gate_network.hpp"

#include <cmath>

namespace sluice::train {
namespace {

std::int64_t halved(std::int64_t side) { return (side + 1) / 2; }

}  // namespace

std::uint32_t GateDesign::stride() const { return 2U << stages.size(); }

std::int64_t GateDesign::places_wide() const {
  std::int64_t side = width;
  for (std::size_t i = 0; i <= stages.size(); ++i) side = halved(side);
  return side;
}

std::int64_t GateDesign::places_high() const {
  std::int64_t side = height;
  for (std::size_t i = 0; i <= stages.size(); ++i) side = halved(side);
  return side;
}

std::uint64_t GateDesign::multiply_adds() const {
  std::int64_t w = halved(width);
  std::int64_t h = halved(height);
  std::int64_t channels = stem;
  std::int64_t sum = w * h * 27 * stem;
  for (const GateStage& stage : stages) {
    w = halved(w);
    h = halved(h);
    sum += w * h * (9 * channels + channels * stage.channels);
    channels = stage.channels;
    sum += stage.blocks * w * h * (9 * channels + channels * channels);
  }
  return static_cast<std::uint64_t>(sum + w * h * (channels * head + head));
}

ConvUnitImpl::ConvUnitImpl(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                           std::int64_t groups, bool relu_)
    : relu(relu_) {
  convolution = register_module(
      "convolution",
      torch::nn::Conv2d(
          torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).groups(groups).bias(false)));
  norm = register_module("norm", torch::nn::BatchNorm2d(out));
  torch::nn::init::kaiming_normal_(convolution->weight, 0.0, torch::kFanOut, torch::kReLU);
}

torch::Tensor ConvUnitImpl::forward(const torch::Tensor& x) {
  const torch::Tensor y = norm(convolution(x));
  return relu ? torch::relu(y) : y;
}

SeparableBlockImpl::SeparableBlockImpl(std::int64_t in, std::int64_t out, std::int64_t stride)
    : residual(in == out && stride == 1) {
  depthwise = register_module("depthwise", ConvUnit(in, in, 3, stride, in, true));
  pointwise = register_module("pointwise", ConvUnit(in, out, 1, 1, 1, true));
}

torch::Tensor SeparableBlockImpl::forward(const torch::Tensor& x) {
  const torch::Tensor y = pointwise(depthwise(x));
  return residual ? x + y : y;
}

GateNetworkImpl::GateNetworkImpl(const GateDesign& design_) : design(design_) {
  stem = register_module("stem", ConvUnit(3, design.stem, 3, 2, 1, true));
  std::int64_t channels = design.stem;
  for (const GateStage& stage : design.stages) {
    for (std::int64_t i = 0; i <= stage.blocks; ++i) {
      blocks.push_back(register_module("block" + std::to_string(blocks.size()),
                                       SeparableBlock(channels, stage.channels, i == 0 ? 2 : 1)));
      channels = stage.channels;
    }
  }
  head = register_module("head", ConvUnit(channels, design.head, 1, 1, 1, true));
  score = register_module("score", torch::nn::Conv2d(torch::nn::Conv2dOptions(design.head, 1, 1)));
  // Most places show nothing: start from a low probability, so that the first steps are not spent on unlearning.
  torch::nn::init::constant_(score->bias, -3.0);
}

torch::Tensor GateNetworkImpl::places(const torch::Tensor& pictures) {
  torch::Tensor x = stem(pictures);
  for (auto& block : blocks) x = block(x);
  return score(head(x));
}

torch::Tensor GateNetworkImpl::forward(const torch::Tensor& pictures) {
  return torch::sigmoid(places(pictures).flatten(1).amax(1));
}

}  // namespace sluice::train
