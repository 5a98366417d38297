#include "native/train/reuse_recipe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "native/bundle/sha256.hpp"
#include "native/train/fit.hpp"
#include "native/train/trunk.hpp"

namespace sluice::train {
namespace {

constexpr float kExportTolerance = 1e-3F;  // of distances whose margin is about 1
constexpr std::uint64_t kMotionSeed = 500'000;  // behind the split's own first seed

std::vector<eval::Clip> videos_of(const std::vector<eval::Clip>& clips) {
  std::vector<eval::Clip> videos;
  std::ranges::copy_if(clips, std::back_inserter(videos), [](const eval::Clip& clip) { return !clip.still_pictures; });
  return videos;
}

}  // namespace

Result<void> ReuseRecipe::check(const FitOptions& options) const {
  if (auto rule = output::Agreement::make(options.reuse.agree_when); !rule) return fail(rule.error());
  if (options.reuse.agree_when.rule != "boxes") {
    return fail(ErrorCode::kInvalidArgument, {"the distance is learned from detections, which agree by 'boxes', not by '",
                                              options.reuse.agree_when.rule, "'"});
  }
  return {};
}

Result<ReuseRecipe::Sequences> ReuseRecipe::gather(FitJob& job, const Split& split, std::uint32_t frames_per_clip,
                                                   std::uint32_t block_frames, std::size_t motion_count) {
  const auto& options = split.options();
  const std::uint32_t pictures = job.options.reuse.pictures_per_motion;
  const auto clips = videos_of(options.clips);
  auto videos = split.open_store("videos", "videos 1; " + std::to_string(frames_per_clip) + ' ' + std::to_string(block_frames));
  if (!videos) return fail(videos.error());
  LabelOptions labels = options.labels;
  labels.frames_per_clip = frames_per_clip;
  labels.block_frames = block_frames;
  auto labelled = label_clips(clips, job.stored, labels, job.ask, *videos, nullptr,
                              job.log.progress("labelling the " + options.name + " videos, clip"));
  if (!labelled) return fail(labelled.error());
  auto motions = split.open_store("motions", "motions 1; " + std::to_string(pictures));
  if (!motions) return fail(motions.error());
  const MotionComposer composer(split.pool(), options.labels.pool_side);
  labelled = label_motion(composer, job.stored, motion_count, pictures, options.first_seed + kMotionSeed,
                          static_cast<std::uint32_t>(clips.size()), job.ask, *motions,
                          job.log.progress("labelling composed " + options.name + " sequences"));
  if (!labelled) return fail(labelled.error());
  job.log.line(options.name + " sequences: " + describe(*videos) + " video frames, " + describe(*motions) +
               " pictures of composed ones");
  return Sequences{std::move(*videos), std::move(*motions)};
}

Result<void> ReuseRecipe::make_dataset(FitJob& job) {
  const ReuseOptions& options = job.options.reuse;
  auto train = gather(job, job.train, options.frames_per_clip, job.options.labels.block_frames, options.motions);
  if (!train) return fail(train.error());
  train_ = std::move(*train);
  auto calibrate = gather(job, job.calibrate, 0, job.options.calibrate_block_frames, options.calibrate_motions);
  if (!calibrate) return fail(calibrate.error());
  calibrate_ = std::move(*calibrate);
  return {};
}

Result<void> ReuseRecipe::fit(FitJob& job) {
  const ReuseOptions& options = job.options.reuse;
  const Bytes filter = job.bundle.part("filter");
  const std::array<const SampleStore*, 2> stores{&train_->videos, &train_->motions};
  auto frames = trunk_frames(filter, stores, kPixelMean, kPixelScale, job.options.model_spec.output.score_threshold,
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
  auto extended = export_embedding(job.bundle.part("filter"), network_);
  if (!extended) return fail(extended.error());
  job.log.line("the filter with the embedding has " + std::to_string(extended->size()) + " bytes");
  job.bundle.parts["filter"] = std::move(*extended);
  return {};
}

Result<void> ReuseRecipe::calibrate(FitJob&) { return {}; }

}  // namespace sluice::train
