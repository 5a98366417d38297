// What the filter is trained on: InFi's binary cross-entropy on the picture's label (1 = needed; MobiCom'22, section
// 5.4) and, where the full model says where it found something, the same for every place of the picture.
#pragma once

#include <torch/torch.h>

#include <span>

#include "native/train/gate_network.hpp"
#include "native/train/sample_store.hpp"

namespace sluice::train {

struct GateTargets {
  torch::Tensor needed;  // [N]
  torch::Tensor place;   // [N, places_high, places_wide]: 1 inside what was found, 0 elsewhere
  torch::Tensor weight;  // the same shape: 0 where the place should not count (rims, weak finds)
};

// `score_threshold`: finds below it are no finds, but their places do not count as empty either.
GateTargets make_targets(std::span<const Sample> samples, std::span<const bool> flipped, const GateDesign& design,
                         float score_threshold);

// Mean over the pictures. `logits`: [N, 1, places_high, places_wide].
torch::Tensor gate_loss(const torch::Tensor& logits, const GateTargets& targets, double place_weight);

}  // namespace sluice::train
