// A network that learns by descent.hpp's steps: checkpoints hold both. The network is the caller's and outlives it.
#pragma once

#include "native/train/splitnet/descent.hpp"
#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet {

class NetworkTrainee : public Trainee {
 public:
  // `fresh`: of the network's parameters, those that are new (Descent).
  NetworkTrainee(torch::nn::Module& network, const TrainingOptions& training,
                 const std::vector<torch::Tensor>& fresh = {})
      : trained_(network), descent_(network, training, fresh) {}

  void save(CheckpointWriter& writer) const final {
    writer.add("network", trained_);
    descent_.save(writer);
  }

  void load(CheckpointReader& reader) final {
    reader.get("network", trained_);
    descent_.load(reader);
  }

 protected:
  double descend(const torch::Tensor& loss, double done) { return descent_.step(loss, done); }

 private:
  torch::nn::Module& trained_;
  Descent descent_;
};

}  // namespace sluice::train::splitnet
