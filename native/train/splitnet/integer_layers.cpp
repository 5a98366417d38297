#include "native/train/splitnet/integer_layers.hpp"

#include <algorithm>
#include <cmath>

#include "native/train/trainer_input.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr double kMostWeight = 127;
// Of the largest span: less is not believed of a channel that hardly gave anything on the pictures that were seen.
constexpr double kLeastShare = 1.0 / 64;

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

ByteScale byte_scale(const torch::Tensor& least, const torch::Tensor& most) {
  const torch::Tensor below = least.to(torch::kFloat64).clamp_max(0).neg();
  const torch::Tensor above = most.to(torch::kFloat64).clamp_min(0);
  const std::int64_t zero = below.max().item<double>() > 0 ? 128 : 0;
  torch::Tensor scales = above / static_cast<double>(255 - zero);
  if (zero > 0) scales = torch::maximum(scales, below / static_cast<double>(zero));
  // Where nothing ever comes out of a layer, any scale will do.
  const double largest = scales.max().item<double>();
  return {scales.clamp_min(largest > 0 ? largest * kLeastShare : 1), zero};
}

ByteScale picture_scale() {
  return {torch::full({3}, static_cast<double>(kPixelScale), torch::kFloat64), split::kPictureZero};
}

IntegerLayer integer_convolution(const ConvNorm& block, ByteScale input, ByteScale output, bool sees_picture) {
  const ConvNormDesign& design = block->design();
  const FoldedConv folded = fold(block);
  const bool depthwise = design.groups > 1;
  // To be multiplied with bytes.
  const torch::Tensor weight = folded.weight.to(torch::kFloat64) *
                               (depthwise ? input.scales.view({-1, 1, 1, 1}) : input.scales.view({1, -1, 1, 1}));
  const torch::Tensor rows = weight.flatten(1);
  torch::Tensor bias = folded.bias.to(torch::kFloat64);
  if (sees_picture) bias = bias + (split::kPictureZero - static_cast<double>(kPixelMean)) * rows.sum(1);
  // A scale for each output channel; where weights are tiny beside the bias, the bias has to fit.
  const torch::Tensor weight_scales =
      torch::maximum(std::get<0>(rows.abs().max(1)) / kMostWeight, bias.abs() / (split::kMostBias / 2))
          .clamp_min(1e-12);
  const torch::Tensor whole = (rows / weight_scales.unsqueeze(1)).round();
  output.scales = torch::maximum(output.scales, 2 * weight_scales);

  IntegerLayer made;
  made.output = output;
  made.plan.kind = depthwise ? split::LayerKind::kDepthwise : split::LayerKind::kConvolution;
  made.plan.kernel = static_cast<std::uint8_t>(design.kernel);
  made.plan.stride = static_cast<std::uint8_t>(design.stride);
  made.plan.padding = static_cast<std::uint8_t>(design.padding);
  made.plan.output_zero = static_cast<std::uint8_t>(output.zero);
  // ReLU6 needs no clamp of its own: what was seen spans 6 at most.
  made.plan.output_least = design.activation == Activation::kNone ? 0 : made.plan.output_zero;
  const torch::Tensor shaped = whole.view(folded.weight.sizes());
  // [out][y][x][in], for depthwise layers [y][x][channel].
  made.plan.weights = to_bytes(depthwise ? shaped.permute({2, 3, 1, 0}) : shaped.permute({0, 2, 3, 1}));
  for (std::int64_t c = 0; c < rows.size(0); ++c) {
    const double sum_scale = weight_scales[c].item<double>();
    const auto zeros = static_cast<std::int32_t>(input.zero * std::llround(whole[c].sum().item<double>()));
    made.plan.biases.push_back(whole_bias(bias[c].item<double>() / sum_scale) - zeros);
    made.plan.factors.push_back(sum_scale / output.scales[c].item<double>());
    made.sum_scales.push_back(sum_scale);
  }
  return made;
}

IntegerHead integer_head(const torch::Tensor& weight, const torch::Tensor& bias, ByteScale input,
                         std::int64_t positions) {
  const torch::Tensor rows = weight.to(torch::kFloat64) * input.scales;
  const double weight_scale = std::max(rows.abs().max().item<double>() / kMostWeight, 1e-12);
  const torch::Tensor whole = (rows / weight_scale).round();
  IntegerHead made;
  made.plan.kind = split::LayerKind::kHead;
  made.plan.weights = to_bytes(whole.t());
  made.logit_scale = weight_scale / static_cast<double>(positions);
  for (std::int64_t k = 0; k < rows.size(0); ++k) {
    const auto zeros = static_cast<std::int32_t>(input.zero * positions * std::llround(whole[k].sum().item<double>()));
    made.plan.biases.push_back(whole_bias(bias[k].item<double>() / made.logit_scale) - zeros);
  }
  return made;
}

}  // namespace sluice::train::splitnet
