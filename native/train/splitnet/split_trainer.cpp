#include "native/train/splitnet/split_trainer.hpp"

#include <sstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/sha256.hpp"
#include "native/train/random.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/channel_choice.hpp"
#include "native/train/splitnet/distillation.hpp"
#include "native/train/splitnet/full_trainer.hpp"
#include "native/train/splitnet/importance_losses.hpp"
#include "native/train/splitnet/network_trainee.hpp"
#include "native/train/splitnet/stage_file.hpp"
#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet {
namespace {

// How many coded channels of each sample arrive: all, or for some samples any number.
torch::Tensor draw_cuts(std::int64_t samples, std::int64_t coded, double share, std::uint64_t seed) {
  Random random(seed ^ 0x5EED);
  torch::Tensor arrived = torch::full({samples}, coded, torch::kLong);
  for (std::int64_t i = 0; i < samples; ++i) {
    if (!random.chance(static_cast<float>(share))) continue;
    arrived.data_ptr<std::int64_t>()[i] = 1 + static_cast<std::int64_t>(random.index(static_cast<std::size_t>(coded)));
  }
  return arrived;
}

// The features' scale, which the price on bytes works on, and what the reference network did not have.
std::vector<torch::Tensor> fresh_parameters(const SplitNetworkImpl& network) {
  std::vector<torch::Tensor> fresh{network.extractor->layers().back()->norm->weight};
  const auto add = [&](const torch::nn::Module& module) {
    for (const torch::Tensor& parameter : module.parameters()) fresh.push_back(parameter);
  };
  add(*network.local);
  add(*network.quantiser);
  add(*network.combination);
  return fresh;
}

class SplitTrainee final : public NetworkTrainee {
 public:
  // `fresh`: of the network's parameters, those that have learned nothing yet.
  SplitTrainee(SplitNetwork& network, const std::vector<torch::Tensor>& fresh, Classifier& full, Importance& importance,
               const LabelledData& data, const Options& options)
      : NetworkTrainee(*network, options.split_training, fresh),
        network_(network),
        full_(full),
        importance_(importance),
        data_(data),
        options_(options) {}

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override {
    torch::manual_seed(seed);  // of the quantiser's noise
    const SplitLosses& losses = options_.losses;
    const Batch batch = augmented_batch(data_.train, samples, options_.split_training.augmentation, seed);
    const torch::Tensor teacher = full_.logits(batch.pictures);
    network_->train();
    const torch::Tensor cuts =
        draw_cuts(batch.labels.size(0), options_.design.coded_channels(), losses.cut_share, seed);
    const SplitAnswer answer = network_->forward(batch.pictures, cuts);
    torch::Tensor loss = (1 - losses.importance) * answer_loss(answer.combined, teacher, batch.labels, losses);
    if (losses.importance > 0) loss = loss + losses.importance * importance_loss(answer.features, batch.labels);
    if (losses.local > 0) loss = loss + losses.local * answer_loss(answer.local, teacher, batch.labels, losses);
    if (losses.rate_per_kbit > 0) loss = loss + losses.rate_per_kbit / 1000 * answer.bits.mean();
    // The prior learns what symbols there are; it has no part in choosing them.
    return descend(loss + answer.quantised.prior_loss, done);
  }

  std::string epoch_done() override {
    const std::int64_t coded = options_.design.coded_channels();
    return describe(evaluate_split(network_, data_.validation, {coded / 4, coded / 2, coded},
                                   options_.losses.importance > 0 ? &importance_ : nullptr));
  }

 private:
  torch::Tensor importance_loss(const torch::Tensor& features, const torch::Tensor& labels) {
    const std::int64_t count = std::max<std::int64_t>(
        1, std::llround(static_cast<double>(features.size(0)) * options_.losses.importance_share));
    const ChannelImportance found = importance_.of(features.narrow(0, 0, count), labels.narrow(0, 0, count));
    return skewness_loss(found, options_.design.local_channels, options_.losses.skewness) +
           disorder_loss(found, options_.design.local_channels);
  }

  SplitNetwork& network_;
  Classifier& full_;
  Importance& importance_;
  const LabelledData& data_;
  const Options& options_;
};

std::string split_key(const Classifier& full, const LabelledData& data, const Options& options,
                      const std::string& start_hash) {
  const SplitDesign& design = options.design;
  const SplitLosses& losses = options.losses;
  std::ostringstream key;
  key << "split 4; " << reference_key(full, data, options) << "; " << design.local_channels << ' ' << design.levels
      << ' ' << (design.refines() ? design.refinement : 1) << ' ' << static_cast<int>(design.local) << ' '
      << design.combination_softness << ' ' << design.remote_only << "; " << losses.importance << ' ' << losses.skewness
      << ' ' << losses.importance_share << ' ' << losses.path_points << ' ' << losses.rate_per_kbit << ' '
      << losses.local << ' ' << losses.cut_share << "; " << static_cast<int>(options.choice) << "; "
      << training_key(options.split_training);
  if (!start_hash.empty()) key << "; from " << start_hash;
  return key.str();
}

// Of another run's network; empty without one.
Result<std::string> hash_start(const std::filesystem::path& file) {
  if (file.empty()) return std::string();
  const auto bytes = bundle::read_file(file);
  if (!bytes) return fail(bytes.error());
  return bundle::sha256_hex(std::as_bytes(std::span(*bytes)));
}

Failure other_design(const std::filesystem::path& file, const std::string& what) {
  return fail(ErrorCode::kInvalidArgument,
              {"'", file.string(), "' holds no network of this design (--channels and the ",
               "like must be those of its run): ", what});
}

// LibTorch takes tensors of any shape from a file.
Result<void> load_start(const std::filesystem::path& file, SplitNetwork& network) try {
  std::vector<std::vector<std::int64_t>> shapes;
  for (const torch::Tensor& one : network->parameters()) shapes.push_back(one.sizes().vec());
  torch::load(network, file.string());
  std::size_t at = 0;
  for (const auto& one : network->named_parameters()) {
    if (one.value().sizes() != shapes[at++]) return other_design(file, one.key() + " has another shape");
  }
  return {};
} catch (const c10::Error& error) {
  return other_design(file, error.what_without_backtrace());
}

// Kept beside the checkpoint: a run that goes on has to know its channels by the same order.
Result<torch::Tensor> channel_order(const Classifier& full, const LabelledData& data, const Options& options,
                                    ReferenceNetwork& reference, const std::string& key) {
  const std::filesystem::path file = stage_file(options.work, "split", key, ".order");
  CheckpointReader reader;
  const auto known = reader.open(file, key);
  if (!known) return fail(known.error());
  torch::Tensor order;
  if (*known) {
    reader.get("order", order);
    return order;
  }
  Importance importance(reference->remote, full.classes(), options.losses.path_points);
  order = choose_channels(reference->extractor, importance, data.train, options.design.local_channels, options.choice,
                          options.seed);
  CheckpointWriter writer(key);
  writer.add("order", order);
  if (auto written = writer.write(file); !written) return fail(written.error());
  return order;
}

// The reference's own entry moves along, so that it keeps reading the extractor's channels.
void reorder(ReferenceNetwork& reference, const torch::Tensor& order) {
  torch::NoGradGuard no_gradient;
  reference->extractor->reorder(order);
  torch::Tensor& weight = reference->remote->entry->conv->weight;
  weight.copy_(weight.index_select(1, order));
}

}  // namespace

std::vector<std::int64_t> usual_cuts(std::int64_t coded_channels) {
  std::vector<std::int64_t> cuts;
  for (std::int64_t eighth = 0; eighth <= 8; ++eighth) {
    const std::int64_t cut = coded_channels * eighth / 8;
    if (cuts.empty() || cuts.back() != cut) cuts.push_back(cut);
  }
  return cuts;
}

Result<TrainedSplit> train_split(const LabelledData& data, const Options& options, Classifier& full,
                                 ReferenceNetwork& reference, ProgressLog& log) {
  torch::manual_seed(options.seed);
  SplitNetwork network(full, options.design, options.arithmetic);
  const auto start = hash_start(options.start_from);
  if (!start) return fail(start.error());
  const std::string key = split_key(full, data, options, *start);
  const auto order = channel_order(full, data, options, reference, key);
  if (!order) return fail(order.error());
  reorder(reference, *order);
  copy_values(*reference->extractor, *network->extractor);
  network->remote->start_from(*reference->remote, options.design.local_channels);
  std::vector<torch::Tensor> fresh = fresh_parameters(*network);
  if (!start->empty()) {
    if (auto loaded = load_start(options.start_from, network); !loaded) return fail(loaded.error());
    fresh.resize(1);  // the price still moves the scale
  }
  Importance importance(reference->remote, full.classes(), options.losses.path_points);

  SplitTrainee trainee(network, fresh, full, importance, data, options);
  const TrainingOptions& training = options.split_training;
  const LoopOptions loop{.name = "split network",
                         .epochs = training.epochs,
                         .samples = data.train.size(),
                         .batch = training.batch,
                         .seed = options.seed,
                         .checkpoint_s = options.checkpoint_s};
  auto done = run_loop(trainee, loop, stage_file(options.work, "split", key, ".checkpoint"), key, log);
  if (!done) return fail(done.error());
  network->eval();
  SplitFigures figures =
      evaluate_split(network, data.validation, usual_cuts(options.design.coded_channels()), &importance);
  log.line("split network on kept-back pictures: " + describe(figures));
  std::ostringstream bytes;
  torch::save(network, bytes);
  auto written = write_atomically(stage_file(options.work, "split", key, ".pt"), bytes.str());
  if (!written) return fail(written.error());
  return TrainedSplit{network, std::move(figures), stage_file(options.work, "split", key, "")};
}

}  // namespace sluice::train::splitnet
