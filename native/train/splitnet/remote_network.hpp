// The remote network, which runs on the server: an entry that lifts the features to what the full model has at its cut,
// residual blocks that mend what was lost, and the full model's own part behind the cut, whose weights it starts from. It also
// serves as the reference network of the importance: then it sees all channels.
#pragma once

#include "native/train/splitnet/classifier.hpp"
#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::splitnet {

class ResidualImpl : public torch::nn::Module {
 public:
  ResidualImpl(std::int64_t channels, Arithmetic arithmetic);
  torch::Tensor forward(const torch::Tensor& x);

  ConvNorm first{nullptr};
  ConvNorm second{nullptr};
};
TORCH_MODULE(Residual);

// Whether features of that side can be lifted to the cut: one side is a multiple of the other.
bool can_lift(std::int64_t feature_side, const CutShape& cut);

class RemoteNetworkImpl : public torch::nn::Module {
 public:
  // `channels` and `side`: of the features.
  RemoteNetworkImpl(const Classifier& full, std::int64_t channels, std::int64_t side, std::int64_t residual_blocks,
                    Arithmetic arithmetic);

  torch::Tensor forward(const torch::Tensor& features) { return tail->forward(lift(features)); }  // to logits
  // To what stands at the cut.
  torch::Tensor lift(const torch::Tensor& features);

  // Takes over all of another remote network's weights; of the entry's, those for the channels from `first_channel` on.
  void start_from(const RemoteNetworkImpl& other, std::int64_t first_channel);

  // Puts itself into a graph; returns the logits' name.
  std::string write(OnnxExport& graph, const std::string& features) const;

  ConvNorm entry{nullptr};
  std::vector<Residual> residuals;
  std::shared_ptr<TailImpl> tail;

 private:
  std::int64_t lift_ = 1;  // each group of lift * lift entry channels becomes one of lift times the side
};
TORCH_MODULE(RemoteNetwork);

}  // namespace sluice::train::splitnet
