// The remote network, which runs on the server: an entry that lifts the features to what the full model has after its first
// group (half the picture's side), residual blocks that mend what was lost, and the full model's own later groups and head,
// whose weights it starts from. It also serves as the reference network of the importance: then it sees all channels.
#pragma once

#include "native/train/splitnet/full_network.hpp"

namespace sluice::train::splitnet {

class ResidualImpl : public torch::nn::Module {
 public:
  ResidualImpl(std::int64_t channels, Arithmetic arithmetic);
  torch::Tensor forward(const torch::Tensor& x);

  ConvNorm first{nullptr};
  ConvNorm second{nullptr};
};
TORCH_MODULE(Residual);

class RemoteNetworkImpl : public torch::nn::Module {
 public:
  // `side`: of the features.
  RemoteNetworkImpl(const FullDesign& full, std::int64_t channels, std::int64_t side, std::int64_t refinements,
                    Arithmetic arithmetic);

  torch::Tensor forward(const torch::Tensor& features);  // to logits

  // Takes over the later groups and the head.
  void start_from(FullNetwork& full);
  // Takes over all of another remote network's weights; of the entry's, those for the channels from `first_channel` on.
  void start_from(const RemoteNetworkImpl& other, std::int64_t first_channel);

  // Of this many times the features' side are the residual blocks' maps.
  std::int64_t lift() const { return lift_; }

  ConvNorm entry{nullptr};
  std::vector<Residual> residuals;
  std::vector<Group> groups;
  torch::nn::Linear head{nullptr};

 private:
  std::int64_t lift_ = 1;  // each group of lift * lift entry channels becomes one of lift times the side
};
TORCH_MODULE(RemoteNetwork);

}  // namespace sluice::train::splitnet
