// Both answers as one: a * local + (1 - a) * remote logits, a = 1 / (1 + exp(-w / T)) with a trained w, as in the paper.
// (In the released code a softmax over two weights is trained and the logits are then added without it.) Where features
// can be cut, w is trained for each number of coded channels that arrived: the fewer, the more the local answer counts, and with
// none it is the answer.
#pragma once

#include <torch/torch.h>

namespace sluice::train::splitnet {

class CombinationImpl : public torch::nn::Module {
 public:
  CombinationImpl(std::int64_t coded_channels, double softness);

  // `arrived`: int64, [N], 0 to coded_channels.
  torch::Tensor forward(const torch::Tensor& local, const torch::Tensor& remote, const torch::Tensor& arrived);

  // a for each number of channels: [coded_channels + 1], the first 1.
  torch::Tensor shares() const;

 private:
  torch::Tensor weights_;  // [coded_channels]
  double softness_;
};
TORCH_MODULE(Combination);

}  // namespace sluice::train::splitnet
