#include "native/train/splitnet/baselines/exit_heads.hpp"

#include "native/train/splitnet/baselines/adam_descent.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::int64_t kHeadBatch = 512;
constexpr double kHeadRate = 1e-2;

}  // namespace

torch::Tensor pooled(const torch::Tensor& map) { return torch::cat({map.mean({2, 3}), map.amax({2, 3})}, 1); }

torch::nn::Linear train_exit_head(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes,
                                  std::uint32_t epochs, std::uint64_t seed) {
  torch::manual_seed(seed);
  torch::nn::Linear head(features.size(1), classes);
  // Features of equal spread while learning; what that takes is put into the layer afterwards.
  const torch::Tensor mean = features.mean(0);
  const torch::Tensor deviation = features.std(0).clamp_min(1e-4);
  AdamDescent descent(head->parameters(), kHeadRate);
  const std::int64_t count = features.size(0);
  const std::int64_t steps = epochs * ((count + kHeadBatch - 1) / kHeadBatch);
  std::int64_t step = 0;
  for (std::uint32_t epoch = 0; epoch < epochs; ++epoch) {
    const torch::Tensor order = torch::randperm(count);
    for (std::int64_t at = 0; at < count; at += kHeadBatch, ++step) {
      const torch::Tensor which = order.slice(0, at, std::min(at + kHeadBatch, count));
      const torch::Tensor x = (features.index_select(0, which) - mean) / deviation;
      const torch::Tensor loss = torch::nn::functional::cross_entropy(head->forward(x), labels.index_select(0, which));
      descent.step(loss, static_cast<double>(step) / static_cast<double>(steps));
    }
  }
  torch::NoGradGuard no_gradient;
  head->weight.div_(deviation);
  head->bias.sub_(head->weight.mv(mean));
  return head;
}

}  // namespace sluice::train::splitnet::baselines
