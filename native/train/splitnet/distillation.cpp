#include "native/train/splitnet/distillation.hpp"

namespace sluice::train::splitnet {

torch::Tensor answer_loss(const torch::Tensor& logits, const torch::Tensor& teacher, const torch::Tensor& labels,
                          const SplitLosses& losses) {
  const double share = losses.distillation;
  torch::Tensor loss = torch::zeros({});
  if (share < 1) loss = loss + (1 - share) * torch::nn::functional::cross_entropy(logits, labels);
  if (share > 0) {
    const double softness = losses.distillation_softness;
    const torch::Tensor wanted = torch::log_softmax(teacher / softness, 1);
    const torch::Tensor said = torch::log_softmax(logits / softness, 1);
    // Gradients shrink with the square of the temperature; this makes up for it.
    loss = loss + share * softness * softness * (wanted.exp() * (wanted - said)).sum(1).mean();
  }
  return loss;
}

}  // namespace sluice::train::splitnet
