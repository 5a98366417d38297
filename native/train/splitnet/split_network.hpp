// The network in two halves, as it is trained: extractor, local head and quantiser of the device; remote network and
// combination of the server. Payloads hold coded channels in their order and may be cut between any two; features that did
// not arrive are zero, those whose refinement did not are coarse.
#pragma once

#include "native/train/splitnet/combination.hpp"
#include "native/train/splitnet/extractor.hpp"
#include "native/train/splitnet/local_head.hpp"
#include "native/train/splitnet/quantiser.hpp"
#include "native/train/splitnet/remote_network.hpp"

namespace sluice::train::splitnet {

struct SplitAnswer {
  torch::Tensor features;  // [N, channels, side, side], before the quantiser
  Quantised quantised;     // of the sent channels
  torch::Tensor local;     // logits
  torch::Tensor remote;
  torch::Tensor combined;
  torch::Tensor bits;  // [N], of the coded channels that arrived
};

class SplitNetworkImpl : public torch::nn::Module {
 public:
  SplitNetworkImpl(const Classifier& full, const SplitDesign& design, Arithmetic arithmetic);

  // `arrived`: int64, [N]: how many of the coded channels reach the server.
  SplitAnswer forward(const torch::Tensor& pictures, const torch::Tensor& arrived);

  const SplitDesign& design() const { return design_; }

  Extractor extractor{nullptr};
  LocalHead local{nullptr};
  std::shared_ptr<QuantiserImpl> quantiser;
  RemoteNetwork remote{nullptr};
  Combination combination{nullptr};

 private:
  SplitDesign design_;
};
TORCH_MODULE(SplitNetwork);

}  // namespace sluice::train::splitnet
