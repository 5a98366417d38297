#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::splitnet {

ConvNormImpl::ConvNormImpl(ConvNormDesign design, Arithmetic arithmetic) : design_(design), arithmetic_(arithmetic) {
  conv = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(design.in, design.out, design.kernel)
                                                       .stride(design.stride)
                                                       .padding(design.padding)
                                                       .groups(design.groups)
                                                       .bias(design.bias && !design.normalise)));
  if (!design.normalise) return;
  norm = register_module("norm", torch::nn::BatchNorm2d(design.out));
  if (design.pool > 1) norm->weight.set_requires_grad(false);
}

torch::Tensor ConvNormImpl::forward(torch::Tensor x) {
  // Depthwise convolutions gain nothing from bfloat16's matrix instructions.
  const bool lower = arithmetic_ == Arithmetic::kBfloat16 && design_.groups == 1;
  const auto type = lower ? torch::kBFloat16 : torch::kFloat32;
  const auto bias = conv->bias.defined() ? conv->bias.to(type) : torch::Tensor();
  x = torch::conv2d(x.to(type), conv->weight.to(type), bias, design_.stride, design_.padding, 1, design_.groups);
  if (design_.pool > 1) x = torch::max_pool2d(x, design_.pool);
  if (norm) x = norm->forward(x);
  switch (design_.activation) {
    case Activation::kNone: return x;
    case Activation::kRelu: return torch::relu_(x);
    case Activation::kRelu6: return torch::clamp(x, 0, 6);
  }
  return x;
}

void ConvNormImpl::start_as_identity() {
  torch::NoGradGuard no_gradient;
  const std::int64_t middle = design_.kernel / 2;
  const std::int64_t same = std::min(conv->weight.size(0), conv->weight.size(1));
  for (std::int64_t i = 0; i < same; ++i) {
    conv->weight[i].zero_();
    conv->weight[i][i][middle][middle] = 1;
  }
}

FoldedConv fold(const ConvNorm& block) {
  torch::NoGradGuard no_gradient;
  const torch::Tensor weight = block->conv->weight.detach().clone();
  if (!block->norm) {
    const torch::Tensor& bias = block->conv->bias;
    return {weight, bias.defined() ? bias.detach().clone() : torch::zeros({weight.size(0)})};
  }
  const auto& norm = *block->norm;
  const torch::Tensor gain = norm.weight / (norm.running_var + norm.options.eps()).sqrt();
  return {weight * gain.view({-1, 1, 1, 1}), norm.bias - norm.running_mean * gain};
}

}  // namespace sluice::train::splitnet
