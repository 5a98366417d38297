// Adam as the baselines' trainings use it, with one cycle of the learning rate and the gradient's norm bounded.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "native/train/checkpoint.hpp"

namespace sluice::train::splitnet::baselines {

class AdamDescent {
 public:
  AdamDescent(std::vector<torch::Tensor> parameters, double peak_rate);

  // One step down the gradient of `loss`. `done`: the share of the run before it. Returns the loss's value.
  double step(const torch::Tensor& loss, double done);

  void save(CheckpointWriter& writer) const { writer.add("optimiser", optimiser_); }
  void load(CheckpointReader& reader) { reader.get("optimiser", optimiser_); }

 private:
  std::vector<torch::Tensor> parameters_;
  double peak_rate_;
  torch::optim::Adam optimiser_;
};

}  // namespace sluice::train::splitnet::baselines
