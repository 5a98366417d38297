#include "native/train/splitnet/integer_layers.hpp"

#include <algorithm>
#include <cmath>

#include "native/train/trainer_input.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr double kMostWeight = 127;
constexpr double kRelu6Top = 6;  // of ReLU6

std::uint8_t to_byte(const ByteScale& scale, double value) {
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(std::llround(value / scale.scale) + scale.zero, 0, 255));
}

std::vector<std::int8_t> to_bytes(const torch::Tensor& weights) {
  const torch::Tensor whole = weights.round().clamp(-kMostWeight, kMostWeight).to(torch::kInt8).contiguous();
  return {whole.data_ptr<std::int8_t>(), whole.data_ptr<std::int8_t>() + whole.numel()};
}

// Clear of the unit's limit by half, which is left to the input's zero point.
std::int32_t whole_bias(double value) {
  constexpr double kMostWhole = split::kMostBias / 2;
  return static_cast<std::int32_t>(std::llround(std::clamp(value, -kMostWhole, kMostWhole)));
}

}  // namespace

ByteScale byte_scale(double least, double most) {
  least = std::min(least, 0.0);
  most = std::max(most, 0.0);
  if (most - least < 1e-9) return {1, 0};  // nothing ever comes out of it
  const double scale = (most - least) / 255;
  return {scale, std::clamp<std::int64_t>(std::llround(-least / scale), 0, 255)};
}

ByteScale picture_scale() { return {static_cast<double>(kPixelScale), split::kPictureZero}; }

IntegerLayer integer_convolution(const ConvNorm& block, ByteScale input, ByteScale output, bool sees_picture) {
  const ConvNormDesign& design = block->design();
  const FoldedConv folded = fold(block);
  const bool depthwise = design.groups > 1;
  const torch::Tensor rows = folded.weight.flatten(1).to(torch::kFloat64);
  torch::Tensor bias = folded.bias.to(torch::kFloat64);
  if (sees_picture) {
    const double missing = (split::kPictureZero - static_cast<double>(kPixelMean)) * static_cast<double>(kPixelScale);
    bias = bias + missing * rows.sum(1);
  }
  // A scale for each output channel; where weights are tiny beside the bias, the bias has to fit.
  const torch::Tensor weight_scales =
      torch::maximum(std::get<0>(rows.abs().max(1)) / kMostWeight, bias.abs() / (input.scale * (split::kMostBias / 2)))
          .clamp_min(1e-12);
  const torch::Tensor whole = (rows / weight_scales.unsqueeze(1)).round();
  output.scale = std::max(output.scale, 2 * input.scale * weight_scales.max().item<double>());

  IntegerLayer made;
  made.output = output;
  made.plan.kind = depthwise ? split::LayerKind::kDepthwise : split::LayerKind::kConvolution;
  made.plan.kernel = static_cast<std::uint8_t>(design.kernel);
  made.plan.stride = static_cast<std::uint8_t>(design.stride);
  made.plan.padding = static_cast<std::uint8_t>(design.padding);
  made.plan.output_zero = static_cast<std::uint8_t>(output.zero);
  made.plan.output_least = design.activation == Activation::kNone ? 0 : made.plan.output_zero;
  made.plan.output_most = design.activation == Activation::kRelu6 ? to_byte(output, kRelu6Top) : 255;
  const torch::Tensor shaped = whole.view(folded.weight.sizes());
  // [out][y][x][in], for depthwise layers [y][x][channel].
  made.plan.weights = to_bytes(depthwise ? shaped.permute({2, 3, 1, 0}) : shaped.permute({0, 2, 3, 1}));
  for (std::int64_t c = 0; c < rows.size(0); ++c) {
    const double sum_scale = input.scale * weight_scales[c].item<double>();
    const auto zeros = static_cast<std::int32_t>(input.zero * std::llround(whole[c].sum().item<double>()));
    made.plan.biases.push_back(whole_bias(bias[c].item<double>() / sum_scale) - zeros);
    made.plan.factors.push_back(sum_scale / output.scale);
    made.sum_scales.push_back(sum_scale);
  }
  return made;
}

IntegerHead integer_head(const torch::Tensor& weight, const torch::Tensor& bias, ByteScale input,
                         std::int64_t positions) {
  const torch::Tensor rows = weight.to(torch::kFloat64);
  const double weight_scale = std::max(rows.abs().max().item<double>() / kMostWeight, 1e-12);
  const torch::Tensor whole = (rows / weight_scale).round();
  IntegerHead made;
  made.plan.kind = split::LayerKind::kHead;
  made.plan.weights = to_bytes(whole.t());
  made.logit_scale = input.scale * weight_scale / static_cast<double>(positions);
  for (std::int64_t k = 0; k < rows.size(0); ++k) {
    const auto zeros = static_cast<std::int32_t>(input.zero * positions * std::llround(whole[k].sum().item<double>()));
    made.plan.biases.push_back(whole_bias(bias[k].item<double>() / made.logit_scale) - zeros);
  }
  return made;
}

}  // namespace sluice::train::splitnet
