#include "native/train/splitnet/importance_losses.hpp"

namespace sluice::train::splitnet {
namespace {

torch::Tensor mean_of_right(const torch::Tensor& values, const torch::Tensor& right) {
  return (values * right).sum() / right.sum().clamp_min(1);
}

torch::Tensor local_share(const ChannelImportance& importance, std::int64_t local_channels) {
  return importance.shares.narrow(1, 0, local_channels).sum(1);
}

// Largest sent share minus smallest local one.
torch::Tensor disorder(const ChannelImportance& importance, std::int64_t local_channels) {
  const std::int64_t sent = importance.shares.size(1) - local_channels;
  return importance.shares.narrow(1, local_channels, sent).amax(1) -
         importance.shares.narrow(1, 0, local_channels).amin(1);
}

}  // namespace

torch::Tensor skewness_loss(const ChannelImportance& importance, std::int64_t local_channels, double wanted) {
  return mean_of_right((wanted - local_share(importance, local_channels)).clamp_min(0), importance.right);
}

torch::Tensor disorder_loss(const ChannelImportance& importance, std::int64_t local_channels) {
  return mean_of_right(disorder(importance, local_channels).clamp_min(0), importance.right);
}

ImportanceFigures importance_figures(const ChannelImportance& importance, std::int64_t local_channels) {
  const auto mean = [&](const torch::Tensor& values) { return mean_of_right(values, importance.right).item<double>(); };
  return {mean(local_share(importance, local_channels)),
          mean(disorder(importance, local_channels).gt(0).to(torch::kFloat32))};
}

}  // namespace sluice::train::splitnet
