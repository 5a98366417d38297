#include "native/train/embedding_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "native/eval/labeller.hpp"
#include "native/train/checkpoint.hpp"
#include "native/train/random.hpp"
#include "native/train/torch_process.hpp"
#include "native/train/trunk.hpp"

namespace sluice::train {
namespace {

constexpr std::uint32_t kKeptBackOneIn = 10;
constexpr std::size_t kNear = 8;  // pictures: the next half second to second
constexpr float kHardShare = 0.35F;
constexpr float kSameShare = 0.5F;

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

std::vector<Range> sequences_of(const TrunkFrames& frames) {
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < frames.samples.size(); ++i) {
    if (ranges.empty() || frames.samples[i].clip != frames.samples[i - 1].clip) ranges.push_back({i, i});
    ranges.back().end = i + 1;
  }
  return ranges;
}

bool kept_back(std::size_t sequence) { return (sequence * 0x9E3779B97F4A7C15ULL >> 32) % kKeptBackOneIn == 0; }

struct Pair {
  std::size_t a = 0;
  std::size_t b = 0;
  bool differ = false;
};

class PairSampler {
 public:
  PairSampler(const TrunkFrames& frames, std::vector<Range> sequences, float iou)
      : frames_(frames), sequences_(std::move(sequences)), iou_(iou) {
    for (const Range& range : sequences_) {
      weights_.push_back((weights_.empty() ? 0 : weights_.back()) + std::sqrt(static_cast<float>(range.size())));
      for (std::size_t a = range.begin; a < range.end; ++a) {
        for (std::size_t b = a + 1; b < std::min(range.end, a + 1 + kNear); ++b) {
          if (differ(a, b)) hard_.push_back({a, b, true});
        }
      }
    }
  }

  std::size_t hard() const { return hard_.size(); }

  Pair draw(Random& random) const {
    const float kind = random.uniform();
    if (kind < kHardShare && !hard_.empty()) return hard_[random.index(hard_.size())];
    const Range& one = sequence(random);
    std::size_t a = one.begin + random.index(one.size());
    std::size_t b = a;
    if (kind < kHardShare + kSameShare && one.size() > 1) {
      const auto gap = static_cast<std::size_t>(random.log_uniform(1, static_cast<float>(one.size())));
      const bool back = random.chance(0.5F);
      b = back && a >= one.begin + gap ? a - gap : std::min(a + gap, one.end - 1);
    } else {
      const Range& other = sequence(random);
      b = other.begin + random.index(other.size());
    }
    return {a, b, differ(a, b)};
  }

 private:
  bool differ(std::size_t a, std::size_t b) const {
    return !output::boxes_agree(frames_.samples[a].places, frames_.samples[b].places, iou_);
  }
  const Range& sequence(Random& random) const {
    const float at = random.uniform() * weights_.back();
    const auto place = std::upper_bound(weights_.begin(), weights_.end(), at) - weights_.begin();
    return sequences_[std::min<std::size_t>(static_cast<std::size_t>(place), sequences_.size() - 1)];
  }

  const TrunkFrames& frames_;
  std::vector<Range> sequences_;
  std::vector<float> weights_;  // running sums
  std::vector<Pair> hard_;
  float iou_;
};

torch::Tensor features_of(const TrunkFrames& frames, std::span<const std::size_t> indices) {
  const Shape& shape = frames.shape;
  torch::Tensor batch = torch::empty({static_cast<std::int64_t>(indices.size()), shape[1], shape[2], shape[3]});
  const auto size = static_cast<std::size_t>(shape[1] * shape[2] * shape[3]);
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::memcpy(batch.data_ptr<float>() + i * size, frames.features[indices[i]].data(), size * sizeof(float));
  return batch;
}

// Frames of the kept-back sequences, to be replayed with whatever embeddings they get.
Result<std::vector<eval::ReplayFrame>> replay_frames(const TrunkFrames& frames, std::span<const Range> sequences) {
  std::vector<eval::ReplayFrame> kept;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    for (std::size_t i = sequences[s].begin; i < sequences[s].end; ++i) {
      auto result = eval::detections_result(frames.samples[i].places);
      if (!result) return fail(result.error());
      eval::ReplayFrame frame;
      frame.sequence = static_cast<std::uint32_t>(s);
      frame.frame = frames.samples[i].frame;
      frame.result = std::move(*result);
      kept.push_back(std::move(frame));
    }
  }
  return kept;
}

// The reuse rate at the largest cap of a coarse grid with few enough wrong answers; SKIP is off.
Result<double> judge(EmbeddingNetwork& network, const TrunkFrames& frames, std::span<const Range> sequences,
                     std::vector<eval::ReplayFrame>& kept, float iou, double allowed) {
  const std::vector<float> rows = embed(network, frames);
  const auto size = static_cast<std::size_t>(network->design.size);
  std::size_t at = 0;
  for (const Range& sequence : sequences) {
    for (std::size_t i = sequence.begin; i < sequence.end; ++i) kept[at++].embedding = {rows.data() + i * size, size};
  }
  const auto agreement = output::Agreement::make({"boxes", iou, 0});
  if (!agreement) return fail(agreement.error());
  double best = 0;
  for (float cap = 0.02F; cap < 30; cap *= 1.25F) {
    eval::ReplaySetting setting;
    setting.cap = cap;
    setting.reuse.neighbours = 1;
    const auto answers = eval::replay(kept, setting, *agreement);
    if (!answers) return fail(answers.error());
    std::size_t reused = 0;
    std::size_t wrong = 0;
    for (const auto& answer : *answers) {
      if (answer.outcome != eval::Outcome::kReused) continue;
      ++reused;
      if (!answer.agrees) ++wrong;
    }
    const auto count = static_cast<double>(std::max<std::size_t>(kept.size(), 1));
    if (static_cast<double>(wrong) / count <= allowed) best = std::max(best, static_cast<double>(reused) / count);
  }
  return best;
}

}  // namespace

Result<TrunkFrames> trunk_frames(Bytes filter, std::span<const SampleStore* const> stores, float detections_from,
                                 const Progress& progress) {
  auto runner = TrunkRunner::load(filter);
  if (!runner) return fail(runner.error());
  TrunkFrames frames;
  std::size_t total = 0;
  for (const SampleStore* store : stores) total += store->size();
  for (const SampleStore* store : stores) {
    std::vector<std::uint8_t> planes(store->picture_bytes());
    for (std::size_t i = 0; i < store->size(); ++i) {
      auto sample = store->read(i, planes);
      if (!sample) return fail(sample.error());
      if (auto run = runner->run(planes); !run) return fail(run.error());
      std::erase_if(sample->places, [&](const auto& place) { return place.score < detections_from; });
      const TensorView features = runner->features();
      const auto values = features.as<float>();
      frames.shape = features.shape;
      frames.samples.push_back(std::move(*sample));
      frames.scores.push_back(runner->score());
      frames.features.emplace_back(values.begin(), values.end());
      progress(frames.samples.size(), total);
    }
  }
  if (frames.samples.empty())
    return fail(ErrorCode::kInvalidArgument, "there are no sequences to learn a distance from");
  return frames;
}

std::vector<float> embed(EmbeddingNetwork& network, const TrunkFrames& frames) {
  torch::NoGradGuard no_gradient;
  constexpr std::size_t kBatch = 256;
  std::vector<float> rows;
  std::vector<std::size_t> indices;
  for (std::size_t at = 0; at < frames.samples.size(); at += kBatch) {
    indices.clear();
    for (std::size_t i = at; i < std::min(frames.samples.size(), at + kBatch); ++i) indices.push_back(i);
    const torch::Tensor batch = network->forward(features_of(frames, indices)).contiguous();
    rows.insert(rows.end(), batch.data_ptr<float>(), batch.data_ptr<float>() + batch.numel());
  }
  return rows;
}

Result<TrainedEmbedding> train_embedding(const TrunkFrames& frames, float iou, const EmbeddingOptions& options,
                                         const std::filesystem::path& checkpoint, const std::string& key,
                                         const std::function<void(const EmbeddingReport&)>& epoch_done,
                                         const Progress& step_done) try {
  std::vector<Range> training;
  std::vector<Range> validation;
  const auto all = sequences_of(frames);
  for (std::size_t s = 0; s < all.size(); ++s) (kept_back(s) ? validation : training).push_back(all[s]);
  if (training.empty()) std::swap(training, validation);
  const PairSampler sampler(frames, training, iou);
  auto kept = replay_frames(frames, validation);
  if (!kept) return fail(kept.error());

  prepare_torch(options.threads);
  torch::manual_seed(options.seed);
  EmbeddingDesign design = options.design;
  design.trunk_channels = frames.shape[1];
  design.high = frames.shape[2];
  design.wide = frames.shape[3];
  TrainedEmbedding trained;
  trained.network = EmbeddingNetwork(design);
  EmbeddingNetwork best(design);
  torch::optim::AdamW optimiser(trained.network->parameters(),
                                torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));
  std::uint32_t first_epoch = 0;
  CheckpointReader reader;
  const auto resumed = reader.open(checkpoint, key);
  if (!resumed) return fail(resumed.error());
  if (*resumed) {
    torch::Tensor state;
    reader.get("network", *trained.network);
    reader.get("best", *best);
    reader.get("optimiser", optimiser);
    reader.get("state", state);
    const auto values = state.accessor<double, 1>();
    first_epoch = static_cast<std::uint32_t>(values[0]);
    trained.best = {static_cast<std::uint32_t>(values[1]), values[2], values[3]};
  }

  const double total = static_cast<double>(options.epochs) * options.steps;
  std::vector<std::size_t> indices(2 * std::size_t{options.pairs});
  for (std::uint32_t epoch = first_epoch; epoch < options.epochs; ++epoch) {
    Random random(options.seed * 1000 + epoch);
    double loss_sum = 0;
    for (std::uint32_t step = 0; step < options.steps; ++step) {
      const double done = (static_cast<double>(epoch) * options.steps + step) / total;
      const double rate =
          options.learning_rate * std::min(1.0, done * 40 + 0.05) * 0.5 * (1.001 + std::cos(std::numbers::pi * done));
      static_cast<torch::optim::AdamWOptions&>(optimiser.param_groups()[0].options()).lr(rate);
      torch::Tensor differ = torch::empty({static_cast<std::int64_t>(options.pairs)});
      for (std::size_t i = 0; i < options.pairs; ++i) {
        const Pair pair = sampler.draw(random);
        indices[i] = pair.a;
        indices[options.pairs + i] = pair.b;
        differ.data_ptr<float>()[i] = pair.differ ? 1.0F : 0.0F;
      }
      const torch::Tensor both = trained.network->forward(features_of(frames, indices));
      const auto half = static_cast<std::int64_t>(options.pairs);
      const torch::Tensor z = trained.network->difference(both.slice(0, 0, half), both.slice(0, half));
      const torch::Tensor loss = ((1 - differ) * z.square() + differ * (1 - z).clamp_min(0).square()).mean();
      optimiser.zero_grad();
      loss.backward();
      torch::nn::utils::clip_grad_norm_(trained.network->parameters(), 5.0);
      optimiser.step();
      loss_sum += loss.item<double>();
      step_done(std::size_t{epoch} * options.steps + step + 1, std::size_t{options.epochs} * options.steps);
    }
    const auto reuse = judge(trained.network, frames, validation, *kept, iou, options.kept_back_error);
    if (!reuse) return fail(reuse.error());
    const EmbeddingReport report{epoch + 1, loss_sum / options.steps, *reuse};
    if (trained.best.epoch == 0 || report.reuse_rate >= trained.best.reuse_rate) {
      trained.best = report;
      copy_values(*trained.network, *best);
    }
    CheckpointWriter writer(key);
    writer.add("network", *trained.network);
    writer.add("best", *best);
    writer.add("optimiser", optimiser);
    writer.add("state", torch::tensor({static_cast<double>(epoch + 1), static_cast<double>(trained.best.epoch),
                                       trained.best.loss, trained.best.reuse_rate},
                                      torch::kFloat64));
    if (auto written = writer.write(checkpoint); !written) return fail(written.error());
    epoch_done(report);
  }
  trained.network = best;
  return trained;
} catch (const std::exception& error) {
  // LibTorch reports by exceptions; none leaves the trainer.
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what());
}

}  // namespace sluice::train
