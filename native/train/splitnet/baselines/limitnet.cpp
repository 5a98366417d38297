#include "native/train/splitnet/baselines/limitnet.hpp"

#include "native/train/splitnet/baselines/limitnet_payload.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr double kChoiceSoftness = 0.1;  // of the gradient through what is kept
constexpr double kLeastKept = 0.05;      // share of the values, while training
constexpr double kLatentScale = 2.5;     // of the values at first: most within -7..7

std::vector<ConvNormDesign> shared_layers() {
  return {{.in = 3, .out = 16, .stride = 2}, {.in = 16, .out = 16, .stride = 2}};
}

ConvNormDesign value_layer() { return {.in = 16, .out = kLimitnetChannels, .activation = Activation::kNone}; }

std::vector<ConvNormDesign> saliency_layers() {
  std::vector<ConvNormDesign> layers{{.in = 16, .out = 8}};
  for (int i = 0; i < 3; ++i) layers.push_back({.in = 8, .out = 8});
  layers.push_back({.in = 8, .out = 1, .normalise = false, .activation = Activation::kNone});
  return layers;
}

// Which values a picture keeps when so many of them do, by score; and how the choice moves with the scores.
torch::Tensor kept(const torch::Tensor& scores, const torch::Tensor& shares) {
  const torch::Tensor rows = scores.flatten(1);
  const torch::Tensor sorted = std::get<0>(rows.detach().sort(1, true));
  const torch::Tensor last = (shares * static_cast<double>(rows.size(1) - 1)).to(torch::kLong).unsqueeze(1);
  const torch::Tensor limit = sorted.gather(1, last);
  const torch::Tensor soft = torch::sigmoid((rows - limit) / kChoiceSoftness);
  const torch::Tensor hard = rows.detach().ge(limit).to(torch::kFloat32);
  return (hard + soft - soft.detach()).view_as(scores);
}

}  // namespace

LimitnetImpl::LimitnetImpl(Arithmetic arithmetic) {
  const auto add = [&](const char* name, std::vector<ConvNorm>& to, const ConvNormDesign& design) {
    to.push_back(register_module(name + std::to_string(to.size()), ConvNorm(design, Arithmetic::kFloat32)));
  };
  for (const ConvNormDesign& design : shared_layers()) add("shared", shared_, design);
  for (const ConvNormDesign& design : saliency_layers()) add("saliency", saliency_, design);
  values_ = register_module("values", ConvNorm(value_layer(), Arithmetic::kFloat32));
  decoder_ = register_module("decoder", PictureDecoder(kLimitnetChannels, arithmetic));
  torch::NoGradGuard no_gradient;
  values_->norm->weight.fill_(kLatentScale);
}

LimitnetImpl::Encoded LimitnetImpl::encode(const torch::Tensor& pictures) {
  torch::Tensor x = pictures;
  for (ConvNorm& layer : shared_) x = layer->forward(x);
  const torch::Tensor values = values_->forward(x);
  const torch::Tensor whole = values.detach().round().clamp(-kLargestLatent, kLargestLatent);
  torch::Tensor saliency = x;
  for (ConvNorm& layer : saliency_) saliency = layer->forward(saliency);
  return {values + (whole - values).detach(), torch::sigmoid(saliency)};
}

Latents LimitnetImpl::latents(const torch::Tensor& pictures) {
  const Encoded encoded = encode(pictures);
  return {encoded.values.to(torch::kLong).contiguous(), (encoded.saliency * static_cast<double>(kSaliencyLevels))
                                                            .floor()
                                                            .clamp(0, kSaliencyLevels - 1)
                                                            .to(torch::kLong)
                                                            .contiguous()};
}

torch::Tensor LimitnetImpl::rebuild(const torch::Tensor& pictures) {
  const Encoded encoded = encode(pictures);
  if (!is_training()) return decoder_->forward(encoded.values);
  const torch::Tensor rank = (kLimitnetChannels - torch::arange(kLimitnetChannels)).to(torch::kFloat32) /
                             static_cast<double>(kLimitnetChannels);
  const torch::Tensor shares = kLeastKept + (1 - kLeastKept) * torch::rand({pictures.size(0)});
  return decoder_->forward(encoded.values * kept(encoded.saliency * rank.view({1, -1, 1, 1}), shares));
}

std::uint64_t limitnet_multiply_adds(std::int64_t side) {
  std::int64_t sum = 0;
  const auto add = [&](const ConvNormDesign& layer) {
    side /= layer.stride;
    sum += side * side * layer.kernel * layer.kernel * layer.in * layer.out;
  };
  for (const ConvNormDesign& layer : shared_layers()) add(layer);
  add(value_layer());
  for (const ConvNormDesign& layer : saliency_layers()) add(layer);
  return static_cast<std::uint64_t>(sum);
}

}  // namespace sluice::train::splitnet::baselines
