#include "native/train/splitnet/baselines/frozen_model.hpp"

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/sha256.hpp"
#include "native/train/splitnet/augment.hpp"

namespace sluice::train::splitnet::baselines {

Result<FrozenModel> FrozenModel::load(const std::filesystem::path& onnx, Arithmetic arithmetic) {
  auto bytes = bundle::read_file(onnx);
  if (!bytes) return fail(bytes.error());
  auto network = OnnxNetworkImpl::load(*bytes, "", arithmetic);
  if (!network) return fail(network.error());
  const auto hash = bundle::sha256_hex(std::as_bytes(std::span(*bytes)));
  if (!hash) return fail(hash.error());
  FrozenModel model;
  model.network_ = OnnxNetwork(std::move(*network));
  model.network_->eval();
  for (torch::Tensor& weight : model.network_->parameters()) weight.set_requires_grad(false);
  model.onnx_ = std::move(*bytes);
  model.key_ = "onnx " + *hash;
  return model;
}

torch::Tensor FrozenModel::logits_of(const PictureSet& set) {
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> parts;
  for (std::int64_t at = 0; at < set.size(); at += kEvaluationBatch) {
    parts.push_back(logits(plain_batch(set, at, std::min(at + kEvaluationBatch, set.size())).pictures));
  }
  return torch::cat(parts);
}

}  // namespace sluice::train::splitnet::baselines
