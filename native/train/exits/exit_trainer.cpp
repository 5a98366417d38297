#include "native/train/exits/exit_trainer.hpp"

#include <cmath>
#include <sstream>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/distillation.hpp"
#include "native/train/splitnet/network_trainee.hpp"
#include "native/train/splitnet/stage_file.hpp"

namespace sluice::train::exits {
namespace {

class ExitTrainee final : public splitnet::NetworkTrainee {
 public:
  ExitTrainee(ExitNetwork& network, const splitnet::LabelledData& data, const Options& options)
      : NetworkTrainee(*network, options.exits_training), network_(network), data_(data), options_(options) {
    losses_.distillation = options.joint ? 0 : options.distillation;
    losses_.distillation_softness = options.distillation_softness;
  }

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override {
    const splitnet::Batch batch =
        splitnet::augmented_batch(data_.train, samples, options_.exits_training.augmentation, seed);
    network_->train();
    const auto logits = network_->forward(batch.pictures, !options_.joint);
    const torch::Tensor teacher = logits.full.detach();
    torch::Tensor loss =
        options_.joint ? torch::nn::functional::cross_entropy(logits.full, batch.labels) : torch::zeros({});
    for (const torch::Tensor& exit : logits.exits) {
      loss = loss + splitnet::answer_loss(exit, teacher, batch.labels, losses_);
    }
    const double value = descend(loss, done);
    return value / static_cast<double>(logits.exits.size() + (options_.joint ? 1 : 0));
  }

  std::string epoch_done() override {
    const eval::ExitProfile profile = profile_exits(network_, data_.validation, ExitRule::kMaxProbability);
    std::ostringstream text;
    text.precision(3);
    text << "kept-back pictures on which exits agree, %:";
    for (const auto& exit : profile.exits) {
      std::size_t agreed = 0;
      for (const eval::ExitAnswer& answer : exit) agreed += answer.agrees ? 1 : 0;
      text << ' ' << 100.0 * static_cast<double>(agreed) / static_cast<double>(exit.size());
    }
    return text.str();
  }

 private:
  ExitNetwork& network_;
  const splitnet::LabelledData& data_;
  const Options& options_;
  splitnet::SplitLosses losses_;
};

// Larger is surer, whatever the rule, in [0, 1].
torch::Tensor confidences(const torch::Tensor& logits, ExitRule rule) {
  const torch::Tensor probabilities = torch::softmax(logits, 1);
  if (rule == ExitRule::kMaxProbability) return std::get<0>(probabilities.max(1));
  const torch::Tensor entropy = -(probabilities * torch::log_softmax(logits, 1)).sum(1);
  return 1 - entropy / std::log(static_cast<double>(logits.size(1)));
}

}  // namespace

Result<void> train_exits(ExitNetwork& network, const splitnet::LabelledData& data, const Options& options,
                         const std::string& key, ProgressLog& log) {
  if (!options.joint) {
    for (torch::Tensor& parameter : network->parameters()) parameter.set_requires_grad(false);
    for (torch::Tensor& parameter : network->branch_parameters()) parameter.set_requires_grad(true);
  }
  std::ostringstream whole;
  whole << "exits 1; " << key << "; " << options.joint << ' ' << options.distillation << ' '
        << options.distillation_softness << "; " << splitnet::training_key(options.exits_training) << "; "
        << options.seed;
  for (const BranchDesign& design : network->designs()) {
    whole << ';' << network->places()[design.place].tensor;
    for (const std::int64_t filters : design.filters) whole << ' ' << filters;
  }
  ExitTrainee trainee(network, data, options);
  const splitnet::LoopOptions loop{.name = "exits",
                                   .epochs = options.exits_training.epochs,
                                   .samples = data.train.size(),
                                   .batch = options.exits_training.batch,
                                   .seed = options.seed,
                                   .checkpoint_s = options.checkpoint_s};
  return splitnet::run_loop(trainee, loop, splitnet::stage_file(options.work, "exits", whole.str(), ".checkpoint"),
                            whole.str(), log);
}

eval::ExitProfile profile_exits(ExitNetwork& network, const splitnet::PictureSet& set, ExitRule rule) {
  torch::NoGradGuard no_gradient;
  network->eval();
  eval::ExitProfile profile;
  profile.exits.resize(network->size());
  for (std::int64_t at = 0; at < set.size(); at += splitnet::kEvaluationBatch) {
    const auto batch = splitnet::plain_batch(set, at, std::min(at + splitnet::kEvaluationBatch, set.size()));
    const auto logits = network->forward(batch.pictures, true);
    const torch::Tensor full = logits.full.argmax(1);
    const torch::Tensor full_right = full.eq(batch.labels);
    for (std::int64_t i = 0; i < batch.labels.size(0); ++i) {
      profile.full_right.push_back(full_right[i].item<bool>() ? 1 : 0);
    }
    for (std::size_t exit = 0; exit < logits.exits.size(); ++exit) {
      const torch::Tensor said = logits.exits[exit].argmax(1);
      const torch::Tensor sure = confidences(logits.exits[exit], rule).contiguous();
      const torch::Tensor agrees = said.eq(full).contiguous();
      const torch::Tensor right = said.eq(batch.labels).contiguous();
      for (std::int64_t i = 0; i < said.size(0); ++i) {
        profile.exits[exit].push_back(
            {sure.data_ptr<float>()[i], agrees.data_ptr<bool>()[i], right.data_ptr<bool>()[i]});
      }
    }
  }
  return profile;
}

}  // namespace sluice::train::exits
