#include "native/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <sstream>

#include "native/train/checkpoint.hpp"
#include "native/train/gate_loss.hpp"
#include "native/train/random.hpp"
#include "native/train/torch_process.hpp"

namespace sluice::train {
namespace {

constexpr std::uint32_t kKeptBackOneIn = 10;

struct Reference {
  const SampleStore* store = nullptr;
  std::size_t index = 0;
};

struct Batch {
  torch::Tensor pictures;  // [N, 3, H, W] floats
  GateTargets targets;
};

class Loader {
 public:
  Loader(const TrainOptions& options, std::size_t picture_bytes) : options_(options), bytes_(picture_bytes) {}

  // With `random`, half the pictures are mirrored and all are lit a little differently.
  Result<Batch> load(std::span<const Reference> references, Random* random) {
    const auto count = static_cast<std::int64_t>(references.size());
    torch::Tensor raw = torch::empty({count, 3, options_.design.height, options_.design.width}, torch::kUInt8);
    std::vector<Sample> samples;
    const auto flipped = std::make_unique<bool[]>(references.size());
    for (std::size_t i = 0; i < references.size(); ++i) {
      auto sample = references[i].store->read(references[i].index, {raw.data_ptr<std::uint8_t>() + i * bytes_, bytes_});
      if (!sample) return fail(sample.error());
      samples.push_back(std::move(*sample));
      flipped[i] = random != nullptr && random->chance(0.5F);
      if (flipped[i]) raw[static_cast<std::int64_t>(i)] = raw[static_cast<std::int64_t>(i)].flip({2});
    }
    Batch batch;
    batch.pictures = (raw.to(torch::kFloat32) - kPixelMean) * kPixelScale;
    if (random != nullptr) {
      torch::Tensor gain = torch::empty({count, 1, 1, 1});
      torch::Tensor shift = torch::empty({count, 1, 1, 1});
      for (std::int64_t i = 0; i < count; ++i) {
        gain[i] = random->log_uniform(0.8F, 1.25F);
        shift[i] = random->uniform(-0.15F, 0.15F);
      }
      batch.pictures = (batch.pictures * gain + shift).clamp_(-1, 1);
    }
    batch.pictures = batch.pictures.contiguous(torch::MemoryFormat::ChannelsLast);
    batch.targets = make_targets(samples, {flipped.get(), samples.size()}, options_.design, options_.score_threshold);
    return batch;
  }

 private:
  const TrainOptions& options_;
  std::size_t bytes_;
};

// Whole blocks are kept back, so that near copies do not stand on both sides.
bool kept_back(const Sample& sample) {
  const std::uint64_t unit = sample.clip * 1000003ULL + sample.block / 4;
  return (unit * 0x9E3779B97F4A7C15ULL >> 32) % kKeptBackOneIn == 0;
}

struct Validation {
  double loss = 0;
  double skip_rate = 0;
};

Result<Validation> validate(GateNetwork& network, Loader& loader, std::span<const Reference> references,
                            std::uint32_t batch_size) {
  torch::NoGradGuard no_gradient;
  network->eval();
  Validation result;
  std::vector<float> needed;
  std::vector<float> redundant;
  for (std::size_t at = 0; at < references.size(); at += batch_size) {
    auto batch =
        loader.load(references.subspan(at, std::min<std::size_t>(batch_size, references.size() - at)), nullptr);
    if (!batch) return fail(batch.error());
    const torch::Tensor logits = network->places(batch->pictures).flatten(1).amax(1).contiguous();
    result.loss += torch::binary_cross_entropy_with_logits(logits, batch->targets.needed, {}, {}, at::Reduction::Sum)
                       .item<double>();
    for (std::int64_t i = 0; i < logits.size(0); ++i) {
      (batch->targets.needed[i].item<float>() > 0.5F ? needed : redundant).push_back(logits[i].item<float>());
    }
  }
  result.loss /= static_cast<double>(std::max<std::size_t>(references.size(), 1));
  if (!needed.empty() && !redundant.empty()) {
    std::sort(needed.begin(), needed.end());
    const float threshold = needed[needed.size() / 20];
    const auto skipped =
        std::count_if(redundant.begin(), redundant.end(), [&](float score) { return score < threshold; });
    result.skip_rate = static_cast<double>(skipped) / static_cast<double>(redundant.size());
  }
  network->train();
  return result;
}

// What a checkpoint holds beside the networks and the optimiser.
torch::Tensor state_of(std::uint32_t epoch, const EpochReport& best) {
  return torch::tensor(
      {static_cast<double>(epoch), static_cast<double>(best.epoch), best.loss, best.validation_loss, best.skip_rate},
      torch::kFloat64);
}

}  // namespace

Result<TrainedGate> train_gate(std::span<const SampleStore* const> stores, const TrainOptions& options,
                               const std::filesystem::path& checkpoint, const std::string& key,
                               const EpochProgress& epoch_done, const StepProgress& step_done) try {
  std::vector<Reference> training;
  std::vector<Reference> validation;
  for (const SampleStore* store : stores) {
    for (std::size_t i = 0; i < store->size(); ++i) {
      const auto sample = store->read(i, {});
      if (!sample) return fail(sample.error());
      (kept_back(*sample) ? validation : training).push_back({store, i});
    }
  }
  if (training.empty()) return fail(ErrorCode::kInvalidArgument, "there are no training pictures");

  prepare_torch(options.threads);
  torch::manual_seed(options.seed);
  TrainedGate trained;
  trained.network = GateNetwork(options.design);
  trained.network->to(torch::kFloat32, false);
  torch::optim::AdamW optimiser(trained.network->parameters(),
                                torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));

  const std::filesystem::path checkpoint_file = checkpoint.string() + ".checkpoint";
  const std::filesystem::path best_file = checkpoint.string() + ".best.pt";
  std::uint32_t first_epoch = 0;
  EpochReport best;
  GateNetwork best_network(options.design);
  CheckpointReader reader;
  const auto resumed = reader.open(checkpoint_file, key);
  if (!resumed) return fail(resumed.error());
  if (*resumed) {
    torch::Tensor state;
    reader.get("network", *trained.network);
    reader.get("best", *best_network);
    reader.get("optimiser", optimiser);
    reader.get("state", state);
    const auto values = state.accessor<double, 1>();
    first_epoch = static_cast<std::uint32_t>(values[0]);
    best = {static_cast<std::uint32_t>(values[1]), values[2], values[3], values[4]};
  } else if (!options.start_from.empty()) {
    torch::load(trained.network, options.start_from.string());
  }

  Loader loader(options, stores[0]->picture_bytes());
  const std::size_t steps_per_epoch = (training.size() + options.batch - 1) / options.batch;
  const double total_steps = static_cast<double>(steps_per_epoch) * options.epochs;
  for (std::uint32_t epoch = first_epoch; epoch < options.epochs; ++epoch) {
    Random random(options.seed * 1000 + epoch);
    for (std::size_t i = training.size(); i > 1; --i) std::swap(training[i - 1], training[random.index(i)]);
    double loss_sum = 0;
    for (std::size_t step = 0; step < steps_per_epoch; ++step) {
      // One cosine over the whole run, after a short warm-up.
      const double done =
          (static_cast<double>(epoch) * static_cast<double>(steps_per_epoch) + static_cast<double>(step)) / total_steps;
      const double rate =
          options.learning_rate * std::min(1.0, done * 40 + 0.05) * 0.5 * (1.001 + std::cos(std::numbers::pi * done));
      static_cast<torch::optim::AdamWOptions&>(optimiser.param_groups()[0].options()).lr(rate);
      const std::size_t at = step * options.batch;
      auto batch =
          loader.load({training.data() + at, std::min<std::size_t>(options.batch, training.size() - at)}, &random);
      if (!batch) return fail(batch.error());
      optimiser.zero_grad();
      torch::Tensor loss = gate_loss(trained.network->places(batch->pictures), batch->targets, options.place_weight);
      loss.backward();
      torch::nn::utils::clip_grad_norm_(trained.network->parameters(), 5.0);
      optimiser.step();
      loss_sum += loss.item<double>();
      step_done(std::size_t{epoch} * steps_per_epoch + step + 1, std::size_t{options.epochs} * steps_per_epoch);
    }
    const auto checked = validate(trained.network, loader, validation, options.batch);
    if (!checked) return fail(checked.error());
    EpochReport report{epoch + 1, loss_sum / static_cast<double>(steps_per_epoch), checked->loss, checked->skip_rate};
    if (best.epoch == 0 || report.validation_loss < best.validation_loss || validation.empty()) {
      copy_values(*trained.network, *best_network);
      best = report;
    }
    CheckpointWriter writer(key);
    writer.add("network", *trained.network);
    writer.add("best", *best_network);
    writer.add("optimiser", optimiser);
    writer.add("state", state_of(epoch + 1, best));
    if (auto written = writer.write(checkpoint_file); !written) return fail(written.error());
    epoch_done(report);
  }
  // By itself too, for another run to start from.
  std::ostringstream bytes;
  torch::save(best_network, bytes);
  if (auto written = write_atomically(best_file, bytes.str()); !written) return fail(written.error());
  trained.network = best_network;
  trained.network->eval();
  trained.best = best;
  return trained;
} catch (const std::exception& error) {
  // LibTorch reports by exceptions; none leaves the trainer.
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what());
}

}  // namespace sluice::train
