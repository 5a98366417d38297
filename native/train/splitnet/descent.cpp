#include "native/train/splitnet/descent.hpp"

#include <sstream>

#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr double kMostGradient = 10;  // norm; one outlier does not throw the run away

}  // namespace

std::string training_key(const TrainingOptions& options) {
  std::ostringstream key;
  key << options.epochs << ' ' << options.batch << ' ' << options.peak_rate << ' ' << options.rise << ' '
      << options.momentum << ' ' << options.weight_decay << ' ' << options.label_smoothing << ' '
      << options.augmentation.mirror << ' ' << options.augmentation.move_px << ' ' << options.augmentation.cutout_px;
  return key.str();
}

Descent::Descent(const torch::nn::Module& module, const TrainingOptions& options) : options_(options) {
  std::vector<torch::Tensor> weights;
  std::vector<torch::Tensor> others;
  for (const torch::Tensor& parameter : module.parameters()) {
    if (parameter.requires_grad()) (parameter.dim() > 1 ? weights : others).push_back(parameter);
  }
  const auto group = [&](std::vector<torch::Tensor> parameters, double decay) {
    return torch::optim::OptimizerParamGroup(
        std::move(parameters),
        std::make_unique<torch::optim::SGDOptions>(
            torch::optim::SGDOptions(options.peak_rate).momentum(options.momentum).nesterov(true).weight_decay(decay)));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.push_back(group(std::move(weights), options.weight_decay));
  groups.push_back(group(std::move(others), 0));
  optimiser_ = std::make_unique<torch::optim::SGD>(std::move(groups), torch::optim::SGDOptions(options.peak_rate));
}

double Descent::step(const torch::Tensor& loss, double done) {
  const double rate = options_.peak_rate * one_cycle(done, options_.rise);
  std::vector<torch::Tensor> parameters;
  for (auto& group : optimiser_->param_groups()) {
    static_cast<torch::optim::SGDOptions&>(group.options()).lr(rate);
    parameters.insert(parameters.end(), group.params().begin(), group.params().end());
  }
  optimiser_->zero_grad();
  loss.backward();
  torch::nn::utils::clip_grad_norm_(parameters, kMostGradient);
  optimiser_->step();
  return loss.item<double>();
}

}  // namespace sluice::train::splitnet
