#include "native/train/splitnet/reference_trainer.hpp"

#include <sstream>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/distillation.hpp"
#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/stage_file.hpp"

namespace sluice::train::splitnet {
namespace {

// What both parts of the stage have in common.
class ReferenceTrainee : public NetworkTrainee {
 public:
  ReferenceTrainee(ReferenceNetwork& network, Classifier& full, const LabelledData& data,
                   const TrainingOptions& training)
      : NetworkTrainee(*network, training), network_(network), full_(full), data_(data), training_(training) {}

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override {
    const Batch batch = augmented_batch(data_.train, samples, training_.augmentation, seed);
    network_->train();
    return descend(loss(batch), done);
  }

  std::string epoch_done() override {
    network_->eval();
    std::ostringstream text;
    text << 100 * accuracy(data_.validation, [&](const auto& pictures) { return network_->forward(pictures); })
         << " % right on kept-back pictures";
    return text.str();
  }

 protected:
  virtual torch::Tensor loss(const Batch& batch) = 0;

  ReferenceNetwork& network_;
  Classifier& full_;

 private:
  const LabelledData& data_;
  const TrainingOptions& training_;
};

// Extractor and entry; the tail stays as it is.
class EntryTrainee final : public ReferenceTrainee {
 public:
  using ReferenceTrainee::ReferenceTrainee;

 private:
  torch::Tensor loss(const Batch& batch) override {
    const torch::Tensor wanted = full_.at_cut(batch.pictures).to(torch::kFloat32);
    const torch::Tensor made = network_->remote->lift(network_->extractor->forward(batch.pictures));
    return (made.to(torch::kFloat32) - wanted).square().mean();
  }
};

class WholeTrainee final : public ReferenceTrainee {
 public:
  WholeTrainee(ReferenceNetwork& network, Classifier& full, const LabelledData& data, const Options& options)
      : ReferenceTrainee(network, full, data, options.reference_training), losses_(options.losses) {}

 private:
  torch::Tensor loss(const Batch& batch) override {
    const torch::Tensor teacher = full_.logits(batch.pictures);
    return answer_loss(network_->forward(batch.pictures), teacher, batch.labels, losses_);
  }

  const SplitLosses& losses_;
};

Result<void> run_stage(Trainee& trainee, const char* name, const TrainingOptions& training, const LabelledData& data,
                       const Options& options, const std::filesystem::path& checkpoint, const std::string& key,
                       ProgressLog& log) {
  const LoopOptions loop{.name = name,
                         .epochs = training.epochs,
                         .samples = data.train.size(),
                         .batch = training.batch,
                         .seed = options.seed,
                         .checkpoint_s = options.checkpoint_s};
  return run_loop(trainee, loop, checkpoint, key, log);
}

std::string entry_key(const Classifier& full, const LabelledData& data, const Options& options) {
  const SplitDesign& design = options.design;
  std::ostringstream key;
  key << "entry 1; " << full.key() << "; " << data_key(data) << "; " << static_cast<int>(design.extractor) << ' '
      << design.extractor_width << ' ' << design.patch << ' ' << design.channels << ' '
      << static_cast<int>(design.quantiser) << ' ' << design.residual_blocks << "; "
      << training_key(options.entry_training) << "; " << options.seed;
  return key.str();
}

}  // namespace

ReferenceNetworkImpl::ReferenceNetworkImpl(const Classifier& full, const Options& options) {
  const SplitDesign& design = options.design;
  extractor = register_module("extractor", Extractor(design));
  remote = register_module("remote", RemoteNetwork(full, design.channels, full.side() / extractor_stride(design),
                                                   design.residual_blocks, options.arithmetic));
}

std::string reference_key(const Classifier& full, const LabelledData& data, const Options& options) {
  std::ostringstream key;
  key << "reference 3; " << entry_key(full, data, options) << "; " << options.losses.distillation << ' '
      << options.losses.distillation_softness << "; " << training_key(options.reference_training);
  return key.str();
}

Result<ReferenceNetwork> train_reference(const LabelledData& data, const Options& options, Classifier& full,
                                         ProgressLog& log) {
  torch::manual_seed(options.seed);
  ReferenceNetwork network(full, options);
  std::string key = entry_key(full, data, options);
  EntryTrainee entry(network, full, data, options.entry_training);
  auto done = run_stage(entry, "entry", options.entry_training, data, options,
                        stage_file(options.work, "entry", key, ".checkpoint"), key, log);
  if (!done) return fail(done.error());
  key = reference_key(full, data, options);
  WholeTrainee whole(network, full, data, options);
  done = run_stage(whole, "reference network", options.reference_training, data, options,
                   stage_file(options.work, "reference", key, ".checkpoint"), key, log);
  if (!done) return fail(done.error());
  network->eval();
  return network;
}

}  // namespace sluice::train::splitnet
