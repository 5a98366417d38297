#include "native/train/skip_recipe.hpp"

#include <algorithm>
#include <sstream>

#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/question_rows.hpp"
#include "native/bundle/sha256.hpp"
#include "native/train/calibrate_gate.hpp"
#include "native/train/export_check.hpp"
#include "native/train/fit.hpp"
#include "native/train/gate_export.hpp"
#include "native/train/image/scene_composer.hpp"
#include "native/train/image/screen_composer.hpp"
#include "native/train/trainer.hpp"
#include "native/train/trainer_input.hpp"

namespace sluice::train {
namespace {

constexpr float kExportTolerance = 1e-4F;

Result<torch::Tensor> some_pictures(const SampleStore& store, const GateDesign& design, std::size_t count) {
  count = std::min(count, store.size());
  torch::Tensor raw = torch::empty({static_cast<std::int64_t>(count), 3, design.height, design.width}, torch::kUInt8);
  for (std::size_t i = 0; i < count; ++i) {
    const auto sample = store.read(i * (store.size() / count),
                                   {raw.data_ptr<std::uint8_t>() + i * store.picture_bytes(), store.picture_bytes()});
    if (!sample) return fail(sample.error());
  }
  return (raw.to(torch::kFloat32) - kPixelMean) * kPixelScale;
}

}  // namespace

Result<void> SkipRecipe::check(const FitOptions& options) const {
  const auto& design = options.training.design;
  if (design.width < 32 || design.height < 32 || design.width > 1024 || design.height > 1024) {
    return fail(ErrorCode::kInvalidArgument, {"the filter's picture is ", design.width, "x", design.height,
                                              "; each side must be 32 to 1024 pixels"});
  }
  return {};
}

Result<SkipRecipe::Composed> SkipRecipe::compose(FitJob& job, const Split& split, std::size_t scene_count,
                                                 std::size_t screen_count) {
  const std::string& name = split.options().name;
  const std::uint32_t side = split.options().labels.pool_side;
  const std::uint64_t seed = split.options().first_seed;
  auto scenes = split.open_store("composed", "scenes 2");
  if (!scenes) return fail(scenes.error());
  const SceneComposer scene(split.pool(), side);
  auto labelled = label_composed([&](std::uint64_t s) { return scene.compose(s); }, job.stored, scene_count, seed,
                                 job.askers[0], *scenes, job.log.progress("labelling composed " + name + " scenes"));
  if (!labelled) return fail(labelled.error());
  auto screens = split.open_store("screens", "screens 1");
  if (!screens) return fail(screens.error());
  const ScreenComposer screen(split.pool(), side);
  labelled = label_composed([&](std::uint64_t s) { return screen.compose(s); }, job.stored, screen_count, seed,
                            job.askers[0], *screens, job.log.progress("labelling composed " + name + " screens"));
  if (!labelled) return fail(labelled.error());
  job.log.line(name + " pictures: " + describe(*scenes) + " composed scenes, " + describe(*screens) +
               " composed screens");
  return Composed{std::move(*scenes), std::move(*screens)};
}

Result<void> SkipRecipe::make_dataset(FitJob& job) {
  const FitOptions& options = job.options;
  if (!options.keep_skip.empty()) return {};
  if (options.filter.empty()) {
    auto train = compose(job, job.train, options.composed, options.screens);
    if (!train) return fail(train.error());
    train_ = std::move(*train);
  }
  auto calibrate = compose(job, job.calibrate, options.calibrate_composed, options.calibrate_screens);
  if (!calibrate) return fail(calibrate.error());
  calibrate_ = std::move(*calibrate);
  return {};
}

Result<void> SkipRecipe::fit(FitJob& job) {
  const TrainOptions& training = job.options.training;
  if (!job.options.keep_skip.empty()) return keep(job.options.keep_skip);
  if (!job.options.filter.empty()) {
    auto bytes = bundle::read_file(job.options.filter);
    if (!bytes) return fail(bytes.error());
    filter_ = std::move(*bytes);
    return {};
  }
  std::ostringstream key;
  key << job.train.options().key << ' ' << job.train.frames().size() << ' ' << train_->scenes.size() << ' '
      << train_->screens.size() << ' ' << training.design.width << 'x' << training.design.height << ' '
      << training.design.multiply_adds() << ' ' << training.epochs << ' ' << training.batch << ' '
      << training.learning_rate << ' ' << training.place_weight << ' ' << training.seed;
  if (!training.start_from.empty()) {
    const auto start = bundle::read_file(training.start_from);
    if (!start) return fail(start.error());
    key << ' ' << bundle::sha256_hex(std::as_bytes(std::span(*start))).value_or("");
  }
  job.log.line("training a network of " + std::to_string(training.design.multiply_adds()) + " multiply-adds");
  const SampleStore* stores[] = {&job.train.frames(), &train_->scenes, &train_->screens};
  auto trained = train_gate(
      stores, training, job.options.work / "gate", key.str(),
      [&](const EpochReport& report) {
        std::ostringstream line;
        line << "epoch " << report.epoch << " of " << training.epochs << ": loss " << report.loss
             << ", on kept-back pictures " << report.validation_loss << ", skips " << 100 * report.skip_rate
             << " % of the redundant ones when it misses 5 % of the needed ones";
        job.log.line(line.str());
      },
      job.log.progress("training the filter, step"));
  if (!trained) return fail(trained.error());
  network_ = trained->network;
  return {};
}

Result<void> SkipRecipe::keep(const std::filesystem::path& folder) {
  auto manifest = bundle::read_manifest(folder);
  if (!manifest) return fail(manifest.error());
  const auto* skip = manifest->find_question<questions::SkipSpec>();
  if (skip == nullptr)
    return fail(ErrorCode::kInvalidArgument, {"the bundle in ", folder.string(), " has no SKIP section"});
  const std::vector<std::string> parts{skip->part};
  auto bundle = bundle::read_bundle(folder, parts);
  if (!bundle) return fail(bundle.error());
  kept_ = std::make_shared<questions::SkipSpec>(*skip);
  kept_->part = "filter";
  kept_->error_share = 1;
  filter_ = std::move(bundle->parts[skip->part]);
  return {};
}

Result<void> SkipRecipe::export_parts(FitJob& job) {
  if (network_) {
    filter_ = export_gate(network_);
    const auto pictures = some_pictures(job.train.frames(), job.options.training.design, 32);
    if (!pictures) return fail(pictures.error());
    const auto difference = compare_export(filter_, network_, *pictures);
    if (!difference) return fail(difference.error());
    if (!(*difference <= kExportTolerance)) {
      return fail(ErrorCode::kInternal, {"the exported filter differs from the trained one by ", *difference});
    }
    job.log.line("exported " + std::to_string(filter_.size()) + " bytes; largest difference to LibTorch " +
                 std::to_string(*difference));
  }
  job.bundle.manifest.parts.push_back({"filter", "filter.onnx", 0, ""});
  job.bundle.parts["filter"] = filter_;
  return {};
}

Result<void> SkipRecipe::calibrate(FitJob& job) {
  if (kept_ != nullptr) {
    job.bundle.manifest.questions.push_back({bundle::question_row("skip"), kept_});
    return {};
  }
  const FitOptions& options = job.options;
  auto skip = std::make_shared<questions::SkipSpec>();
  skip->part = "filter";
  const input::ImageSpec input = network_input(job.stored);
  skip->input = input;
  skip->redundant_when = options.rule;
  std::vector<std::vector<const SampleStore*>> kinds{{&job.calibrate.frames(), &calibrate_->scenes}};
  if (calibrate_->screens.size() > 0) kinds.push_back({&calibrate_->screens});
  auto points = calibrate_gate(std::as_bytes(std::span(filter_)), input, kinds, options.targets, options.confidence,
                               options.promise);
  if (!points) return fail(points.error());
  for (const auto& point : *points) {
    std::ostringstream line;
    line << "agreement " << point.target << ": skip below " << point.threshold << ", " << 100 * point.filter_rate
         << " % of the calibration pictures";
    job.log.line(line.str());
  }
  skip->operating_points = std::move(*points);
  job.bundle.manifest.questions.push_back({bundle::question_row("skip"), std::move(skip)});
  return {};
}

}  // namespace sluice::train
