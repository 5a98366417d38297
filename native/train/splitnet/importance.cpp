#include "native/train/splitnet/importance.hpp"

namespace sluice::train::splitnet {

Importance::Importance(RemoteNetwork reference, std::int64_t classes, std::int64_t path_points)
    : reference_(std::move(reference)), classes_(classes), path_points_(path_points) {
  reference_->eval();
  for (torch::Tensor& parameter : reference_->parameters()) parameter.set_requires_grad(false);
}

Importance::Gradient Importance::gradient(const torch::Tensor& features, const torch::Tensor& labels) {
  const torch::AutoGradMode with_gradient(true);
  const torch::Tensor at = features.detach().requires_grad_();
  const torch::Tensor logits = reference_->forward(at);
  const torch::Tensor loss = torch::nn::functional::cross_entropy(
      logits, labels, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
  return {torch::autograd::grad({loss}, {at})[0], logits.detach()};
}

ChannelImportance Importance::of(const torch::Tensor& features, const torch::Tensor& labels) {
  if (!at_baseline_.defined()) {
    const auto shape = features.sizes();
    const torch::Tensor zeros = torch::zeros({classes_, shape[1], shape[2], shape[3]});
    at_baseline_ = gradient(zeros, torch::arange(classes_, torch::kLong)).values;
  }
  // Trapezoids between the path's points: the ends count half.
  torch::Tensor sum = 0.5 * at_baseline_.index_select(0, labels);
  torch::Tensor logits;
  for (std::int64_t i = 1; i <= path_points_; ++i) {
    const double along = static_cast<double>(i) / static_cast<double>(path_points_);
    const Gradient found = gradient(features * along, labels);
    sum = sum + (i == path_points_ ? 0.5 : 1.0) * found.values;
    logits = found.logits;
  }
  const torch::Tensor mean = sum / static_cast<double>(path_points_);
  const torch::Tensor channels = (mean * features).abs().sum({2, 3});
  ChannelImportance out;
  out.shares = channels / (channels.sum(1, true) + 1e-12);
  out.right = logits.argmax(1).eq(labels).to(torch::kFloat32);
  return out;
}

}  // namespace sluice::train::splitnet
