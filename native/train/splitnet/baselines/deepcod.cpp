#include "native/train/splitnet/baselines/deepcod.hpp"

#include <array>

#include "native/train/splitnet/augment.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr double kCodebookReach = 8;     // at first
constexpr double kFirstDeviation = 3.5;  // of each channel at first: little lies beyond the codebook

}  // namespace

DeepcodImpl::DeepcodImpl(std::int64_t channels, Arithmetic arithmetic) : channels_(channels) {
  encoder_ = register_module(
      "encoder",
      torch::nn::Conv2d(torch::nn::Conv2dOptions(3, channels, kDeepcodPatch).stride(kDeepcodPatch).bias(false)));
  codebook_ = register_module("codebook", Codebook(kDeepcodLevels, kCodebookReach));
  decoder_ = register_module("decoder", PictureDecoder(channels, arithmetic));
}

void DeepcodImpl::start_from(const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  const torch::Tensor patches =
      torch::nn::functional::unfold(pictures.contiguous(),
                                    torch::nn::functional::UnfoldFuncOptions(kDeepcodPatch).stride(kDeepcodPatch))
          .transpose(1, 2)
          .reshape({-1, 3 * kDeepcodPatch * kDeepcodPatch});
  const torch::Tensor covariance = (patches.t().mm(patches) / static_cast<double>(patches.size(0))).to(torch::kFloat64);
  const auto [variances, directions] = torch::linalg_eigh(covariance);  // ascending
  const torch::Tensor most = torch::arange(covariance.size(0) - 1, covariance.size(0) - 1 - channels_, -1);
  const torch::Tensor deviation = variances.index_select(0, most).clamp_min(1e-6).sqrt();
  const torch::Tensor rows = directions.index_select(1, most).t() * (kFirstDeviation / deviation).unsqueeze(1);
  encoder_->weight.copy_(rows.to(torch::kFloat32).view_as(encoder_->weight));
}

torch::Tensor DeepcodImpl::encode(const torch::Tensor& pictures) { return encoder_->forward(pictures).contiguous(); }

torch::Tensor DeepcodImpl::symbols(const torch::Tensor& pictures) {
  return codebook_->forward(encode(pictures)).symbols;
}

torch::Tensor DeepcodImpl::rebuild(const torch::Tensor& pictures) {
  return decoder_->forward(codebook_->forward(encode(pictures)).values);
}

std::string DeepcodImpl::export_encoder(std::int64_t side) const {
  torch::NoGradGuard no_gradient;
  OnnxExport graph("deepcod_encoder");
  graph.input("picture", {1, 3, side, side});
  const std::string features =
      graph.convolution("picture", encoder_->weight, torch::zeros({channels_}), kDeepcodPatch, 0, 1);
  // A symbol's number is how many of the middles between neighbours its feature reaches.
  const torch::Tensor sorted = codebook_->sorted();
  const torch::Tensor middles = (sorted.slice(0, 1) + sorted.slice(0, 0, kDeepcodLevels - 1)) / 2;
  const std::string last = graph.constant(torch::tensor({std::int64_t{4}}, torch::kLong));
  const std::string each = graph.node("Unsqueeze", {features, last});
  const std::string reached =
      graph.node("Cast", {graph.node("GreaterOrEqual", {each, graph.constant(middles)})}, {{"to", std::int64_t{1}}});
  graph.output(graph.node("ReduceSum", {reached, last}, {{"keepdims", std::int64_t{0}}}, "symbols"),
               {1, channels_, side / kDeepcodPatch, side / kDeepcodPatch});
  return graph.finish();
}

std::string DeepcodImpl::export_decoder(std::int64_t side) const {
  torch::NoGradGuard no_gradient;
  const std::int64_t places = side / kDeepcodPatch;
  OnnxExport graph("deepcod_decoder", 13, WeightForm::kFloat16);
  graph.input("symbols", {1, channels_, places, places});
  const std::string numbers = graph.node("Cast", {"symbols"}, {{"to", std::int64_t{7}}});
  const std::string values = graph.node("Gather", {graph.constant(codebook_->sorted()), numbers});
  graph.output(decoder_->write(graph, values, places), {1, 3, side, side});
  return graph.finish();
}

std::uint64_t deepcod_multiply_adds(std::int64_t channels, std::int64_t side) {
  const std::int64_t places = (side / kDeepcodPatch) * (side / kDeepcodPatch);
  return static_cast<std::uint64_t>(places * 3 * kDeepcodPatch * kDeepcodPatch * channels);
}

}  // namespace sluice::train::splitnet::baselines
