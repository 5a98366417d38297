// Stochastic gradient descent as all of the split trainings use it: Nesterov's momentum, one cycle of the learning rate,
// weight decay on the weights of layers and on nothing else (not on biases, normalisations, centroids, scales).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "native/train/checkpoint.hpp"
#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

// For the keys of checkpoints.
std::string training_key(const TrainingOptions& options);

class Descent {
 public:
  // Parameters that want no gradient stay as they are. Those in `fresh` are new where the rest is only tuned, and learn
  // kFreshFactor times as fast.
  Descent(const torch::nn::Module& module, const TrainingOptions& options,
          const std::vector<torch::Tensor>& fresh = {});

  // One step down the gradient of `loss`. `done`: the share of the run before it. Returns the loss's value.
  double step(const torch::Tensor& loss, double done);

  void save(CheckpointWriter& writer) const { writer.add("optimiser", *optimiser_); }
  void load(CheckpointReader& reader) { reader.get("optimiser", *optimiser_); }

 private:
  static constexpr double kFreshFactor = 5;

  TrainingOptions options_;
  std::unique_ptr<torch::optim::SGD> optimiser_;
};

}  // namespace sluice::train::splitnet
