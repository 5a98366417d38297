#include "native/train/splitnet/logistic_prior.hpp"

#include <cmath>

namespace sluice::train::splitnet {
namespace {

constexpr double kLeastProbability = 1e-6;  // 20 bits: what an outlier costs a coder that escapes

torch::Tensor logistic_bits(const torch::Tensor& values, const torch::Tensor& mean, const torch::Tensor& log_scale,
                            double step) {
  const torch::Tensor scale = log_scale.exp().view({1, -1, 1, 1});
  const torch::Tensor centred = values - mean.view({1, -1, 1, 1});
  // The difference of two sigmoids, on the side where it does not cancel.
  const torch::Tensor distance = -centred.abs();
  const double half = step / 2;
  const torch::Tensor mass = torch::sigmoid((distance + half) / scale) - torch::sigmoid((distance - half) / scale);
  return -mass.clamp_min(kLeastProbability).log2();
}

}  // namespace

LogisticPriorImpl::LogisticPriorImpl(std::int64_t channels) {
  mean = register_parameter("mean", torch::zeros({channels}));
  log_scale = register_parameter("log_scale", torch::full({channels}, std::log(1.0)));
}

torch::Tensor LogisticPriorImpl::bits(const torch::Tensor& values) const {
  return logistic_bits(values, mean, log_scale, 1);
}

torch::Tensor LogisticPriorImpl::bits_of_fixed_prior(const torch::Tensor& values, double step) const {
  return logistic_bits(values, mean.detach(), log_scale.detach(), step);
}

}  // namespace sluice::train::splitnet
