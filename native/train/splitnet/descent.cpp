#include "native/train/splitnet/descent.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet {
std::string training_key(const TrainingOptions& options) {
  std::ostringstream key;
  key << options.epochs << ' ' << options.batch << ' ' << options.peak_rate << ' ' << options.rise << ' '
      << options.momentum << ' ' << options.weight_decay << ' ' << options.label_smoothing << ' '
      << options.augmentation.mirror << ' ' << options.augmentation.move_px << ' ' << options.augmentation.cutout_px;
  return key.str();
}

Descent::Descent(const torch::nn::Module& module, const TrainingOptions& options,
                 const std::vector<torch::Tensor>& fresh)
    : options_(options) {
  // Weights and others of what is tuned, then of what is fresh.
  std::array<std::vector<torch::Tensor>, 4> parts;
  for (const torch::Tensor& parameter : module.parameters()) {
    if (!parameter.requires_grad()) continue;
    const bool is_fresh =
        std::any_of(fresh.begin(), fresh.end(), [&](const auto& other) { return other.is_same(parameter); });
    parts[(is_fresh ? 2 : 0) + (parameter.dim() > 1 ? 0 : 1)].push_back(parameter);
  }
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (std::size_t i = 0; i < (fresh.empty() ? 2 : parts.size()); ++i) {
    auto how = std::make_unique<torch::optim::SGDOptions>(options.peak_rate);
    how->momentum(options.momentum).nesterov(true).weight_decay(i % 2 == 0 ? options.weight_decay : 0);
    groups.emplace_back(std::move(parts[i]), std::move(how));
  }
  optimiser_ = std::make_unique<torch::optim::SGD>(std::move(groups), torch::optim::SGDOptions(options.peak_rate));
}

double Descent::step(const torch::Tensor& loss, double done) {
  const double rate = options_.peak_rate * one_cycle(done, options_.rise);
  std::vector<torch::Tensor> parameters;
  for (std::size_t i = 0; i < optimiser_->param_groups().size(); ++i) {
    auto& group = optimiser_->param_groups()[i];
    static_cast<torch::optim::SGDOptions&>(group.options()).lr(i < 2 ? rate : kFreshFactor * rate);
    parameters.insert(parameters.end(), group.params().begin(), group.params().end());
  }
  optimiser_->zero_grad();
  loss.backward();
  torch::nn::utils::clip_grad_norm_(parameters, options_.most_gradient);
  optimiser_->step();
  return loss.item<double>();
}

}  // namespace sluice::train::splitnet
