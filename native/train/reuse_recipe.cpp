#include "native/train/reuse_recipe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "core/model/model.hpp"
#include "native/bundle/question_rows.hpp"
#include "native/bundle/sha256.hpp"
#include "native/eval/baseline_file.hpp"
#include "native/train/calibrate_reuse.hpp"
#include "native/train/export_check.hpp"
#include "native/train/fit.hpp"
#include "native/train/trainer_input.hpp"
#include "native/train/trunk.hpp"

namespace sluice::train {
namespace {

constexpr float kDistanceTolerance = 1e-3F;  // of distances, where a few units separate results
constexpr float kScoreTolerance = 1e-6F;
constexpr std::uint64_t kMotionSeed = 500'000;  // behind the split's own first seed

std::vector<eval::Clip> videos_of(const std::vector<eval::Clip>& clips) {
  std::vector<eval::Clip> videos;
  std::ranges::copy_if(clips, std::back_inserter(videos), [](const eval::Clip& clip) { return !clip.still_pictures; });
  return videos;
}

// Whether the filter gives an embedding beside its probability: it was made by this recipe before, and is calibrated anew.
Result<bool> has_embedding(Bytes filter) {
  model::LoadOptions options;
  options.operators = model::gate_operators();
  const auto model = model::Model::load(filter, options);
  if (!model) return fail(model.error());
  return model->outputs().size() == 2;
}

// SKIP's share of the error budget with which both questions together answer most of the calibration sequences at the bundle's
// own target. Each pair of thresholds keeps its promise by itself; choosing among seven of them is not corrected for.
Result<double> choose_share(const ReplaySplit& split, const ReuseCalibration& calibration, double budget,
                            ProgressLog& log) {
  double best_share = 0.5;
  double best = -1;
  for (const double share : {0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}) {
    const auto point = calibrate_reuse(split, calibration, (1 - share) * budget, share * budget);
    if (!point) return fail(point.error());
    const float skip_below =
        pipeline::choose_point(calibration.skip_points, static_cast<float>(share * budget)).threshold;
    const auto answered = answered_share(split, calibration, skip_below, point->threshold);
    if (!answered) return fail(answered.error());
    std::ostringstream line;
    line << "SKIP's share " << share << ": skip below " << skip_below << ", reuse below " << point->threshold
         << ", together " << 100 * *answered << " % of the calibration sequences";
    log.line(line.str());
    if (*answered > best) {
      best = *answered;
      best_share = share;
    }
  }
  return best_share;
}

}  // namespace

Result<void> ReuseRecipe::check(const FitOptions& options) const {
  if (auto rule = output::Agreement::make(options.reuse.agree_when); !rule) return fail(rule.error());
  if (options.reuse.agree_when.rule != "boxes") {
    return fail(ErrorCode::kInvalidArgument,
                {"the distance is learned from detections, which agree by 'boxes', not by '",
                 options.reuse.agree_when.rule, "'"});
  }
  return {};
}

Result<ReuseRecipe::Sequences> ReuseRecipe::gather(FitJob& job, const Split& split, std::uint32_t frames_per_clip,
                                                   std::uint32_t block_frames, std::size_t motion_count) {
  const auto& options = split.options();
  const std::uint32_t pictures = job.options.reuse.pictures_per_motion;
  const auto clips = videos_of(options.clips);
  auto videos =
      split.open_store("videos", "videos 1; " + std::to_string(frames_per_clip) + ' ' + std::to_string(block_frames));
  if (!videos) return fail(videos.error());
  LabelOptions labels = options.labels;
  labels.frames_per_clip = frames_per_clip;
  labels.block_frames = block_frames;
  auto labelled = label_clips(clips, job.stored, labels, job.askers[0], *videos, nullptr,
                              job.log.progress("labelling the " + options.name + " videos, clip"));
  if (!labelled) return fail(labelled.error());
  auto motions = split.open_store("motions", "motions 1; " + std::to_string(pictures));
  if (!motions) return fail(motions.error());
  const MotionComposer composer(split.pool(), options.labels.pool_side);
  labelled = label_motion(composer, job.stored, motion_count, pictures, options.first_seed + kMotionSeed,
                          static_cast<std::uint32_t>(clips.size()), job.askers, *motions,
                          job.log.progress("labelling composed " + options.name + " sequences"));
  if (!labelled) return fail(labelled.error());
  job.log.line(options.name + " sequences: " + describe(*videos) + " video frames, " + describe(*motions) +
               " pictures of composed ones");
  return Sequences{std::move(*videos), std::move(*motions)};
}

Result<void> ReuseRecipe::make_dataset(FitJob& job) {
  const ReuseOptions& options = job.options.reuse;
  const auto there = has_embedding(job.bundle.part("filter"));
  if (!there) return fail(there.error());
  keeps_embedding_ = *there;
  if (!keeps_embedding_) {
    auto train = gather(job, job.train, options.frames_per_clip, job.options.labels.block_frames, options.motions);
    if (!train) return fail(train.error());
    train_ = std::move(*train);
  }
  auto calibrate = gather(job, job.calibrate, 0, job.options.calibrate_block_frames, options.calibrate_motions);
  if (!calibrate) return fail(calibrate.error());
  calibrate_ = std::move(*calibrate);
  return {};
}

Result<void> ReuseRecipe::fit(FitJob& job) {
  if (keeps_embedding_) return {};
  const ReuseOptions& options = job.options.reuse;
  const Bytes filter = job.bundle.part("filter");
  const std::array<const SampleStore*, 2> stores{&train_->videos, &train_->motions};
  auto frames = trunk_frames(filter, stores, job.options.model_spec.output.score_threshold,
                             job.log.progress("computing the trunk's features, picture"));
  if (!frames) return fail(frames.error());
  train_frames_ = std::move(*frames);
  const EmbeddingOptions& training = options.training;
  std::ostringstream key;
  key << job.train.options().key << ' ' << train_->videos.size() << ' ' << train_->motions.size() << ' '
      << bundle::sha256_hex(filter).value_or("") << ' ' << options.agree_when.iou << ' '
      << static_cast<int>(training.design.form) << ' ' << training.design.channels << ' ' << training.design.size << ' '
      << training.epochs << ' ' << training.steps << ' ' << training.pairs << ' ' << training.learning_rate << ' '
      << training.weight_decay << ' ' << training.seed;
  auto trained = train_embedding(
      *train_frames_, options.agree_when.iou, training, job.options.work / "embedding.checkpoint", key.str(),
      [&](const EmbeddingReport& report) {
        std::ostringstream line;
        line << "epoch " << report.epoch << " of " << training.epochs << ": loss " << report.loss << ", reuses "
             << 100 * report.reuse_rate << " % of kept-back sequences with " << 100 * training.kept_back_error
             << " % wrong";
        job.log.line(line.str());
      },
      job.log.progress("training the distance, step"));
  if (!trained) return fail(trained.error());
  network_ = trained->network;
  std::ostringstream line;
  line << "the embedding takes " << network_->multiply_adds() << " multiply-adds; best epoch " << trained->best.epoch;
  job.log.line(line.str());
  return {};
}

Result<void> ReuseRecipe::export_parts(FitJob& job) {
  if (keeps_embedding_) return {};
  auto extended = export_embedding(job.bundle.part("filter"), network_);
  if (!extended) return fail(extended.error());
  const auto checked = compare_embeddings(*extended, network_, *train_frames_, train_->videos);
  if (!checked) return fail(checked.error());
  if (checked->score > kScoreTolerance || checked->distance > kDistanceTolerance) {
    return fail(ErrorCode::kInternal, {"the exported embedding differs from the trained one by ", checked->distance,
                                       ", its probability from the filter's by ", checked->score});
  }
  std::ostringstream line;
  line << "the filter with the embedding has " << extended->size() << " bytes; largest difference to LibTorch "
       << checked->distance << ", of the probability " << checked->score;
  job.log.line(line.str());
  job.bundle.parts["filter"] = std::move(*extended);
  train_frames_.reset();
  return {};
}

Result<void> ReuseRecipe::calibrate(FitJob& job) {
  const FitOptions& options = job.options;
  const auto* skip = job.bundle.manifest.find_question<questions::SkipSpec>();
  if (skip == nullptr)
    return fail(ErrorCode::kInternal, "the bundle being made has no SKIP section for REUSE to follow");
  const std::array<const SampleStore*, 2> stores{&calibrate_->videos, &calibrate_->motions};
  const auto split = ReplaySplit::run(job.bundle.part("filter"), stores, options.model_spec.output.score_threshold,
                                      job.log.progress("computing embeddings, calibration picture"));
  if (!split) return fail(split.error());

  ReuseCalibration calibration;
  calibration.agree_when = options.reuse.agree_when;
  calibration.skip_points = skip->operating_points;
  calibration.confidence = options.confidence;
  calibration.spec.part = "filter";
  calibration.spec.input = network_input(job.stored);
  calibration.spec.output = "embedding";
  calibration.spec.max_entries = options.reuse.max_entries;
  calibration.spec.max_age_ms = options.reuse.max_age_ms;
  calibration.spec.neighbours = options.reuse.neighbours;

  const double budget = 1 - options.default_target;
  double share = options.reuse.skip_share;
  if (share <= 0) {
    const auto chosen = choose_share(*split, calibration, budget, job.log);
    if (!chosen) return fail(chosen.error());
    share = *chosen;
  }
  for (const double target : options.targets) {
    // What REUSE may spend of a budget decides what SKIP has of the same.
    const double error = 1 - target;
    const auto point = calibrate_reuse(*split, calibration, error, error * share / (1 - share));
    if (!point) return fail(point.error());
    if (point->threshold <= 0) continue;
    std::ostringstream line;
    line << "agreement " << target << ": reuse below " << point->threshold << ", " << 100 * point->filter_rate
         << " % of the calibration sequences";
    job.log.line(line.str());
    calibration.spec.operating_points.push_back(*point);
  }
  if (calibration.spec.operating_points.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                {"the calibration sequences are too few to promise anything: ", split->sequences()});
  }
  auto& asked = job.bundle.manifest.questions;
  auto shared_skip = std::make_shared<questions::SkipSpec>(*skip);
  shared_skip->error_share = static_cast<float>(share);
  auto reuse = std::make_shared<questions::ReuseSpec>(std::move(calibration.spec));
  reuse->error_share = static_cast<float>(1 - share);
  asked.back().spec = std::move(shared_skip);
  asked.push_back({bundle::question_row("reuse"), std::move(reuse)});

  std::vector<eval::BaselineSettings> baselines;
  auto measurement = split->measurement();
  measurement.agree_when = options.reuse.agree_when;
  for (const double target : options.targets)
    baselines.push_back(eval::calibrate_baselines(measurement, target, options.confidence));
  job.files[eval::kBaselineFile] = eval::baseline_text(baselines);
  return {};
}

}  // namespace sluice::train
