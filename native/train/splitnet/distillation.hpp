// The loss of an answer: between what the labels say and what the full model says.
#pragma once

#include <torch/torch.h>

#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

// `teacher`: the full model's logits. With losses.distillation 1, labels are not looked at.
torch::Tensor answer_loss(const torch::Tensor& logits, const torch::Tensor& teacher, const torch::Tensor& labels,
                          const SplitLosses& losses);

}  // namespace sluice::train::splitnet
