#include "native/train/fit.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/sha256.hpp"
#include "native/eval/labeller.hpp"
#include "native/train/calibrate_gate.hpp"
#include "native/train/export_check.hpp"
#include "native/train/gate_export.hpp"
#include "native/train/scene_composer.hpp"
#include "native/train/screen_composer.hpp"

namespace sluice::train {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr float kWeakScore = 0.1F;
constexpr float kExportTolerance = 1e-4F;
constexpr std::uint64_t kTrainSeed = 1'000;
constexpr std::uint64_t kCalibrateSeed = 1'000'000'000;

// Lines of progress, not more than one in two seconds for the same work.
class Log {
 public:
  explicit Log(std::FILE* file) : file_(file) {}

  void line(const std::string& text) {
    if (file_ == nullptr) return;
    std::fprintf(file_, "%s\n", text.c_str());
    std::fflush(file_);
  }

  Progress progress(std::string what) {
    return [this, what = std::move(what)](std::size_t done, std::size_t of) {
      const auto now = Clock::now();
      if (done != of && now - last_ < std::chrono::seconds(2)) return;
      last_ = now;
      line(what + ": " + std::to_string(done) + " of " + std::to_string(of));
    };
  }

 private:
  std::FILE* file_;
  Clock::time_point last_{};
};

Result<std::vector<eval::Clip>> gather(const std::vector<fs::path>& paths) {
  std::vector<eval::Clip> clips;
  for (const fs::path& path : paths) {
    auto found = eval::find_clips(path);
    if (!found) return fail(found.error());
    clips.insert(clips.end(), found->begin(), found->end());
  }
  if (clips.empty()) return fail(ErrorCode::kInvalidArgument, "no footage was given");
  return clips;
}

// Names everything that labels depend on.
std::string label_key(const FitOptions& options, const std::string& model_hash, const std::vector<eval::Clip>& clips,
                      const LabelOptions& labels) {
  std::ostringstream key;
  const auto& spec = options.model_spec;
  key << "labels 1; " << model_hash << "; " << spec.input.width << 'x' << spec.input.height << ' '
      << static_cast<int>(spec.input.fit) << ' ' << spec.output.decoder << ' ' << spec.output.score_threshold << ' '
      << spec.output.nms_iou << "; " << options.rule << "; " << labels.pool_side << ' ' << labels.block_frames << ' '
      << labels.frames_per_clip;
  for (const eval::Clip& clip : clips) {
    for (const fs::path& file : clip.files) {
      std::error_code error;
      key << "; " << file.filename().string() << ' ' << fs::file_size(file, error);
    }
  }
  const std::string text = key.str();
  return bundle::sha256_hex(std::as_bytes(std::span(text))).value_or(text);
}

std::string share_of_needed(const SampleStore& store) {
  std::size_t needed = 0;
  for (std::size_t i = 0; i < store.size(); ++i) {
    if (const auto sample = store.read(i, {}); sample && sample->needed) ++needed;
  }
  return std::to_string(store.size()) + " (" + std::to_string(needed) + " needed)";
}

struct Labels {
  SampleStore frames;
  SampleStore composed;
  SampleStore screens;
};

struct Split {
  std::string name;  // of its files
  std::vector<eval::Clip> clips;
  LabelOptions labels;
  std::string key;
  std::size_t composed = 0;
  std::size_t screens = 0;
  std::uint64_t seed = 0;  // the first of its composed pictures'
};

// Labels one split: its frames, and pictures composed of them.
Result<Labels> label_split(const FitOptions& options, const Split& split, const input::ImageSpec& stored,
                           const AskModel& ask, Log& log) {
  PicturePool pool(options.work / (split.name + "-pool"));
  const auto known = pool.open(split.key);
  if (!known) return fail(known.error());
  const auto open = [&](const char* what, const std::string& key) {
    return SampleStore::open(options.work / (split.name + what), key, stored.width, stored.height);
  };
  auto frames = open("-frames.samples", split.key);
  if (!frames) return fail(frames.error());
  if (!*known || frames->size() == 0) {
    if (auto begun = pool.begin(); !begun) return fail(begun.error());
    auto labelled = label_clips(split.clips, stored, split.labels, ask, *frames, &pool,
                                log.progress("labelling the " + split.name + " footage, clip"));
    if (!labelled) return fail(labelled.error());
    if (auto finished = pool.finish(split.key); !finished) return fail(finished.error());
  }
  auto scenes = open("-composed.samples", split.key + "; scenes 2");
  if (!scenes) return fail(scenes.error());
  const SceneComposer scene(pool, split.labels.pool_side);
  auto labelled =
      label_composed([&](std::uint64_t seed) { return scene.compose(seed); }, stored, split.composed, split.seed, ask,
                     *scenes, log.progress("labelling composed " + split.name + " scenes"));
  if (!labelled) return fail(labelled.error());
  auto screens = open("-screens.samples", split.key + "; screens 1");
  if (!screens) return fail(screens.error());
  const ScreenComposer screen(pool, split.labels.pool_side);
  labelled = label_composed([&](std::uint64_t seed) { return screen.compose(seed); }, stored, split.screens, split.seed,
                            ask, *screens, log.progress("labelling composed " + split.name + " screens"));
  if (!labelled) return fail(labelled.error());
  log.line(split.name + " pictures: " + share_of_needed(*frames) + " frames, " + share_of_needed(*scenes) +
           " composed scenes, " + share_of_needed(*screens) + " composed screens");
  return Labels{std::move(*frames), std::move(*scenes), std::move(*screens)};
}

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

Result<void> check_options(const FitOptions& options) {
  const auto& design = options.training.design;
  if (design.width < 32 || design.height < 32 || design.width > 1024 || design.height > 1024) {
    return fail(ErrorCode::kInvalidArgument, "the filter's picture is " + std::to_string(design.width) + "x" +
                                                 std::to_string(design.height) +
                                                 "; each side must be 32 to 1024 pixels");
  }
  if (options.name.empty() || options.out.empty() || options.work.empty()) {
    return fail(ErrorCode::kInvalidArgument, "a bundle needs a name, an output folder and a work folder");
  }
  return {};
}

}  // namespace

GateDesign default_gate(std::uint32_t width, std::uint32_t height) {
  GateDesign design;
  design.width = width;
  design.height = height;
  design.stem = 8;
  design.stages = {{24, 1}, {48, 3}};
  design.head = 48;
  return design;
}

Result<void> run_fit(const FitOptions& options, std::FILE* log_file) {
  Log log(log_file);
  if (auto checked = check_options(options); !checked) return checked;
  auto model_bytes = bundle::read_file(options.model);
  if (!model_bytes) return fail(model_bytes.error());
  const Bytes onnx = std::as_bytes(std::span(*model_bytes));
  const auto model_hash = bundle::sha256_hex(onnx);
  if (!model_hash) return fail(model_hash.error());
  auto labeller = eval::Labeller::load(onnx, options.model_spec, options.rule, kWeakScore);
  if (!labeller) return fail(labeller.error());
  const AskModel ask = [&](const input::ImageView& picture) -> Result<ModelVerdict> {
    auto verdict = labeller->ask(picture);
    if (!verdict) return fail(verdict.error());
    return ModelVerdict{verdict->needed, std::move(verdict->found)};
  };

  const auto train_clips = gather(options.train);
  if (!train_clips) return fail(train_clips.error());
  const auto calibrate_clips = gather(options.calibrate);
  if (!calibrate_clips) return fail(calibrate_clips.error());
  input::ImageSpec stored;
  stored.width = options.training.design.width;
  stored.height = options.training.design.height;

  Split split{"train", *train_clips, options.labels, {}, options.composed, options.screens, kTrainSeed};
  split.key = label_key(options, *model_hash, split.clips, split.labels);
  const std::string train_key = split.key;
  const auto train = label_split(options, split, stored, ask, log);
  if (!train) return fail(train.error());
  split = {"calibrate",   *calibrate_clips, options.labels, {}, options.calibrate_composed, options.calibrate_screens,
           kCalibrateSeed};
  split.labels.frames_per_clip = options.calibrate_frames_per_clip;
  split.labels.block_frames = options.calibrate_block_frames;
  split.key = label_key(options, *model_hash, split.clips, split.labels);
  const auto calibrate = label_split(options, split, stored, ask, log);
  if (!calibrate) return fail(calibrate.error());

  const auto& training = options.training;
  std::ostringstream key;
  key << train_key << ' ' << train->frames.size() << ' ' << train->composed.size() << ' ' << train->screens.size()
      << ' ' << training.design.width << 'x' << training.design.height << ' ' << training.design.multiply_adds() << ' '
      << training.epochs << ' ' << training.batch << ' ' << training.learning_rate << ' ' << training.place_weight
      << ' ' << training.seed;
  if (!training.start_from.empty()) {
    const auto start = bundle::read_file(training.start_from);
    if (!start) return fail(start.error());
    key << ' ' << bundle::sha256_hex(std::as_bytes(std::span(*start))).value_or("");
  }
  log.line("training a network of " + std::to_string(training.design.multiply_adds()) + " multiply-adds");
  const SampleStore* stores[] = {&train->frames, &train->composed, &train->screens};
  const Progress steps = log.progress("training step");
  auto trained = train_gate(
      stores, training, options.work / "gate", key.str(),
      [&](const EpochReport& report) {
        std::ostringstream line;
        line << "epoch " << report.epoch << " of " << training.epochs << ": loss " << report.loss
             << ", on kept-back pictures " << report.validation_loss << ", skips " << 100 * report.skip_rate
             << " % of the redundant ones when it misses 5 % of the needed ones";
        log.line(line.str());
      },
      steps);
  if (!trained) return fail(trained.error());

  const std::string filter = export_gate(trained->network);
  const auto pictures = some_pictures(train->frames, training.design, 32);
  if (!pictures) return fail(pictures.error());
  const auto difference = compare_export(filter, trained->network, *pictures);
  if (!difference) return fail(difference.error());
  if (!(*difference <= kExportTolerance)) {
    return fail(ErrorCode::kInternal,
                "the exported filter differs from the trained one by " + std::to_string(*difference));
  }
  log.line("exported " + std::to_string(filter.size()) + " bytes; largest difference to LibTorch " +
           std::to_string(*difference));

  pipeline::SkipSpec skip;
  skip.part = "filter";
  skip.input = stored;
  skip.input.mean = {kPixelMean, kPixelMean, kPixelMean};
  skip.input.scale = {kPixelScale, kPixelScale, kPixelScale};
  skip.redundant_when = options.rule;
  skip.default_target = static_cast<float>(options.default_target);
  std::vector<std::vector<const SampleStore*>> kinds{{&calibrate->frames, &calibrate->composed}};
  if (calibrate->screens.size() > 0) kinds.push_back({&calibrate->screens});
  auto points = calibrate_gate(std::as_bytes(std::span(filter)), skip.input, kinds, options.targets, options.confidence,
                               options.promise);
  if (!points) return fail(points.error());
  for (const auto& point : *points) {
    std::ostringstream line;
    line << "agreement " << point.target << ": skip below " << point.threshold << ", " << 100 * point.filter_rate
         << " % of the calibration pictures";
    log.line(line.str());
  }
  skip.operating_points = std::move(*points);

  bundle::Bundle made;
  made.manifest.name = options.name;
  made.manifest.version = options.version;
  made.manifest.description = options.description;
  made.manifest.parts = {{"filter", "filter.onnx", 0, ""}, {"model", "model.onnx", model_bytes->size(), *model_hash}};
  made.manifest.model = options.model_spec;
  made.manifest.model.part = "model";
  made.manifest.skip = std::move(skip);
  made.parts.emplace("filter", filter);
  if (options.copy_model) made.parts.emplace("model", std::move(*model_bytes));
  if (auto replaced = bundle::replace_bundle(options.out, std::move(made)); !replaced) return replaced;
  log.line("wrote " + options.out.string());
  return {};
}

}  // namespace sluice::train
