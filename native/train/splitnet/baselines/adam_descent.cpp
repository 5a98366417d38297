#include "native/train/splitnet/baselines/adam_descent.hpp"

#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr double kAdamRise = 0.1;        // share of the run in which the rate climbs
constexpr double kMostAdamGradient = 5;  // norm

}  // namespace

AdamDescent::AdamDescent(std::vector<torch::Tensor> parameters, double peak_rate)
    : parameters_(std::move(parameters)),
      peak_rate_(peak_rate),
      optimiser_(parameters_, torch::optim::AdamOptions(peak_rate)) {}

double AdamDescent::step(const torch::Tensor& loss, double done) {
  auto& how = static_cast<torch::optim::AdamOptions&>(optimiser_.param_groups()[0].options());
  how.lr(peak_rate_ * one_cycle(done, kAdamRise));
  optimiser_.zero_grad();
  loss.backward();
  torch::nn::utils::clip_grad_norm_(parameters_, kMostAdamGradient);
  optimiser_.step();
  return loss.item<double>();
}

}  // namespace sluice::train::splitnet::baselines
