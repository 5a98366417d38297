// A classifier that learns from labelled pictures: smoothed labels, changed pictures, one cycle of the learning rate. Borrows
// the network, the data and the options.
#pragma once

#include <functional>

#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/network_trainee.hpp"

namespace sluice::train::splitnet {

using Logits = std::function<torch::Tensor(const torch::Tensor& pictures)>;

// Share of the pictures on which the largest of what `logits` gives is the label.
double accuracy(const PictureSet& set, const Logits& logits);

// What a stem is made to whiten before the first step.
torch::Tensor pictures_to_whiten(const LabelledData& data);

class ClassifierTrainee final : public NetworkTrainee {
 public:
  // `forward` runs the network.
  ClassifierTrainee(torch::nn::Module& network, Logits forward, const LabelledData& data,
                    const TrainingOptions& options)
      : NetworkTrainee(network, options),
        network_(network),
        forward_(std::move(forward)),
        data_(data),
        options_(options) {}

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override;
  std::string epoch_done() override;

 private:
  torch::nn::Module& network_;
  Logits forward_;
  const LabelledData& data_;
  const TrainingOptions& options_;
};

}  // namespace sluice::train::splitnet
