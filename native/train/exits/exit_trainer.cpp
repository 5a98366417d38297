#include "native/train/exits/exit_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/distillation.hpp"
#include "native/train/splitnet/network_trainee.hpp"
#include "native/train/splitnet/stage_file.hpp"

namespace sluice::train::exits {
namespace {

// Branches learn side by side: the limit on the gradient's norm grows as their number makes the norm grow.
splitnet::TrainingOptions with_room(splitnet::TrainingOptions descent, std::size_t branches) {
  descent.most_gradient *= std::sqrt(static_cast<double>(std::max<std::size_t>(branches, 1)));
  return descent;
}

class ExitTrainee final : public splitnet::NetworkTrainee {
 public:
  ExitTrainee(ExitNetwork& network, const splitnet::LabelledData& data, const ExitTraining& training)
      : NetworkTrainee(*network, with_room(training.descent, network->size()),
                       training.joint ? network->branch_parameters() : std::vector<torch::Tensor>{}),
        network_(network),
        data_(data),
        training_(training) {
    losses_.distillation = training.joint ? 0 : training.distillation;
    losses_.distillation_softness = training.distillation_softness;
  }

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override {
    const splitnet::Batch batch = splitnet::augmented_batch(data_.train, samples, training_.descent.augmentation, seed);
    network_->train();
    const auto logits = network_->forward(batch.pictures, !training_.joint);
    const torch::Tensor teacher = logits.full.detach();
    torch::Tensor loss = training_.joint
                             ? training_.full_weight * torch::nn::functional::cross_entropy(logits.full, batch.labels)
                             : torch::zeros({});
    for (const torch::Tensor& exit : logits.exits) {
      loss = loss + splitnet::answer_loss(exit, teacher, batch.labels, losses_);
    }
    const double value = descend(loss, done);
    return value / static_cast<double>(logits.exits.size() + (training_.joint ? 1 : 0));
  }

  std::string epoch_done() override {
    const eval::ExitProfile profile =
        profile_exits(network_, data_.validation, sluice::exits::ExitRule::kMaxProbability);
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
  const ExitTraining& training_;
  splitnet::SplitLosses losses_;
};

// Larger is surer, whatever the rule, in [0, 1].
torch::Tensor confidences(const torch::Tensor& logits, sluice::exits::ExitRule rule) {
  const torch::Tensor probabilities = torch::softmax(logits, 1);
  if (rule == sluice::exits::ExitRule::kMaxProbability) return std::get<0>(probabilities.max(1));
  const torch::Tensor entropy = -(probabilities * torch::log_softmax(logits, 1)).sum(1);
  return 1 - entropy / std::log(static_cast<double>(logits.size(1)));
}

}  // namespace

Result<void> train_exits(ExitNetwork& network, const splitnet::LabelledData& data, const ExitTraining& training,
                         const Options& options, const std::string& key, ProgressLog& log) {
  for (torch::Tensor& parameter : network->parameters()) parameter.set_requires_grad(training.joint);
  for (torch::Tensor& parameter : network->branch_parameters()) parameter.set_requires_grad(true);
  std::ostringstream whole;
  whole << "exits 1; " << key << "; " << training.joint << ' ' << training.full_weight << ' ' << training.distillation
        << ' ' << training.distillation_softness << "; " << splitnet::training_key(training.descent) << "; "
        << options.seed;
  for (std::size_t i = 0; i < network->size(); ++i) {
    whole << ';' << network->places()[network->place_of(i)].tensor << ' ' << network->branch(i).text();
  }
  ExitTrainee trainee(network, data, training);
  const splitnet::LoopOptions loop{.name = training.name,
                                   .epochs = training.descent.epochs,
                                   .samples = data.train.size(),
                                   .batch = training.descent.batch,
                                   .seed = options.seed,
                                   .checkpoint_s = options.checkpoint_s};
  const auto file = splitnet::stage_file(options.work, training.name, whole.str(), ".checkpoint");
  return splitnet::run_loop(trainee, loop, file, whole.str(), log);
}

eval::ExitProfile profile_exits(ExitNetwork& network, const splitnet::PictureSet& set, sluice::exits::ExitRule rule) {
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
