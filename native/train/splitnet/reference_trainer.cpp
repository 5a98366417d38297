#include "native/train/splitnet/reference_trainer.hpp"

#include <sstream>

#include "native/bundle/sha256.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/descent.hpp"
#include "native/train/splitnet/distillation.hpp"
#include "native/train/splitnet/full_trainer.hpp"
#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet {
namespace {

class ReferenceTrainee final : public Trainee {
 public:
  ReferenceTrainee(ReferenceNetwork& network, Classifier& full, const LabelledData& data, const Options& options)
      : network_(network),
        full_(full),
        data_(data),
        options_(options),
        descent_(*network, options.reference_training) {}

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override {
    const Batch batch = augmented_batch(data_.train, samples, options_.reference_training.augmentation, seed);
    const torch::Tensor teacher = full_.logits(batch.pictures);
    network_->train();
    return descent_.step(answer_loss(network_->forward(batch.pictures), teacher, batch.labels, options_.losses), done);
  }

  std::string epoch_done() override {
    network_->eval();
    std::ostringstream text;
    text << 100 * accuracy(data_.validation, [&](const auto& pictures) { return network_->forward(pictures); })
         << " % right on kept-back pictures";
    return text.str();
  }

  void save(CheckpointWriter& writer) const override {
    writer.add("network", *network_);
    descent_.save(writer);
  }

  void load(CheckpointReader& reader) override {
    reader.get("network", *network_);
    descent_.load(reader);
  }

 private:
  ReferenceNetwork& network_;
  Classifier& full_;
  const LabelledData& data_;
  const Options& options_;
  Descent descent_;
};

}  // namespace

ReferenceNetworkImpl::ReferenceNetworkImpl(const Classifier& full, const Options& options) {
  const SplitDesign& design = options.design;
  extractor = register_module("extractor", Extractor(design));
  remote = register_module("remote", RemoteNetwork(full, design.channels, full.side() / extractor_stride(design),
                                                   design.refinements, options.arithmetic));
}

std::filesystem::path stage_file(const Options& options, const std::string& stage, const std::string& key,
                                 const std::string& ending) {
  const auto hash = bundle::sha256_hex(std::as_bytes(std::span(key)));
  return options.work / (stage + '-' + (hash ? hash->substr(0, 8) : "") + ending);
}

std::string reference_key(const Classifier& full, const LabelledData& data, const Options& options) {
  const SplitDesign& design = options.design;
  std::ostringstream key;
  key << "reference 2; " << full.key() << "; " << data_key(data) << "; " << static_cast<int>(design.extractor) << ' '
      << design.extractor_width << ' ' << design.patch << ' ' << design.channels << ' '
      << static_cast<int>(design.quantiser) << ' ' << design.refinements << "; " << options.losses.distillation << ' '
      << options.losses.distillation_softness << "; " << training_key(options.reference_training);
  return key.str();
}

Result<ReferenceNetwork> train_reference(const LabelledData& data, const Options& options, Classifier& full,
                                         ProgressLog& log) {
  torch::manual_seed(options.seed);
  ReferenceNetwork network(full, options);
  ReferenceTrainee trainee(network, full, data, options);
  const TrainingOptions& training = options.reference_training;
  const LoopOptions loop{.name = "reference network",
                         .epochs = training.epochs,
                         .samples = data.train.size(),
                         .batch = training.batch,
                         .seed = options.seed,
                         .checkpoint_s = options.checkpoint_s};
  const std::string key = reference_key(full, data, options);
  auto done = run_loop(trainee, loop, stage_file(options, "reference", key, ".checkpoint"), key, log);
  if (!done) return fail(done.error());
  network->eval();
  return network;
}

}  // namespace sluice::train::splitnet
