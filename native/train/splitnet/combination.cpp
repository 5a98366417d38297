#include "native/train/splitnet/combination.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr double kFirstWeight = -4;  // the remote answer counts more from the start

}  // namespace

CombinationImpl::CombinationImpl(std::int64_t coded_channels, double softness) : softness_(softness) {
  weights_ = register_parameter("weights", torch::full({coded_channels}, kFirstWeight));
}

torch::Tensor CombinationImpl::shares() const {
  return torch::cat({torch::ones({1}), torch::sigmoid(weights_ / softness_)});
}

torch::Tensor CombinationImpl::forward(const torch::Tensor& local, const torch::Tensor& remote,
                                       const torch::Tensor& arrived) {
  const torch::Tensor share = shares().index_select(0, arrived).unsqueeze(1);
  return share * local + (1 - share) * remote;
}

}  // namespace sluice::train::splitnet
