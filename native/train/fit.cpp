#include "native/train/fit.hpp"

#include <algorithm>
#include <memory>
#include <sstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/sha256.hpp"
#include "native/eval/labeller.hpp"
#include "native/train/checkpoint.hpp"
#include "native/train/recipe.hpp"
#include "native/train/reuse_recipe.hpp"
#include "native/train/skip_recipe.hpp"

namespace sluice::train {
namespace {

namespace fs = std::filesystem;

constexpr float kWeakScore = 0.1F;
constexpr std::uint64_t kTrainSeed = 1'000;
constexpr std::uint64_t kCalibrateSeed = 1'000'000'000;

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
  const auto& input = std::get<input::ImageSpec>(spec.input);
  key << "labels 2; " << model_hash << "; " << input.width << 'x' << input.height << ' ' << static_cast<int>(input.fit)
      << ' ' << spec.output.decoder << ' ' << spec.output.score_threshold << ' ' << spec.output.nms_iou << "; "
      << options.rule << "; " << labels.pool_side << ' ' << labels.block_frames << ' ' << labels.frames_per_clip;
  for (const eval::Clip& clip : clips) {
    for (const fs::path& file : clip.files) {
      std::error_code error;
      key << "; " << file.filename().string() << ' ' << fs::file_size(file, error);
    }
  }
  const std::string text = key.str();
  return bundle::sha256_hex(std::as_bytes(std::span(text))).value_or(text);
}

Result<void> check_options(const FitOptions& options) {
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
  ProgressLog log(log_file);
  if (auto checked = check_options(options); !checked) return checked;
  std::vector<std::unique_ptr<Recipe>> recipes;
  recipes.push_back(std::make_unique<SkipRecipe>());
  if (options.reuse.wanted) recipes.push_back(std::make_unique<ReuseRecipe>());
  for (const auto& recipe : recipes) {
    if (auto checked = recipe->check(options); !checked) return checked;
  }
  auto model_bytes = bundle::read_file(options.model);
  if (!model_bytes) return fail(model_bytes.error());
  const Bytes onnx = std::as_bytes(std::span(*model_bytes));
  const auto model_hash = bundle::sha256_hex(onnx);
  if (!model_hash) return fail(model_hash.error());
  std::vector<eval::Labeller> labellers;
  for (int i = 0; i < std::max(options.training.threads, 1); ++i) {
    auto labeller = eval::Labeller::load(onnx, options.model_spec, options.rule, kWeakScore);
    if (!labeller) return fail(labeller.error());
    labellers.push_back(std::move(*labeller));
  }
  std::vector<AskModel> askers;
  for (eval::Labeller& labeller : labellers) {
    askers.push_back([&labeller](const input::ImageView& picture) -> Result<ModelVerdict> {
      auto verdict = labeller.ask(picture);
      if (!verdict) return fail(verdict.error());
      return ModelVerdict{verdict->needed, std::move(verdict->found)};
    });
  }

  const auto train_clips = gather(options.train);
  if (!train_clips) return fail(train_clips.error());
  const auto calibrate_clips = gather(options.calibrate);
  if (!calibrate_clips) return fail(calibrate_clips.error());
  input::ImageSpec stored;
  stored.width = options.training.design.width;
  stored.height = options.training.design.height;
  const auto split_of = [&](std::string name, const std::vector<eval::Clip>& clips, const LabelOptions& labels,
                            std::uint64_t seed) {
    SplitOptions split{std::move(name), options.work, clips, labels, {}, seed};
    split.key = label_key(options, *model_hash, clips, labels);
    return Split::label(std::move(split), stored, askers[0], log);
  };
  const auto train = split_of("train", *train_clips, options.labels, kTrainSeed);
  if (!train) return fail(train.error());
  LabelOptions calibrate_labels = options.labels;
  calibrate_labels.frames_per_clip = options.calibrate_frames_per_clip;
  calibrate_labels.block_frames = options.calibrate_block_frames;
  const auto calibrate = split_of("calibrate", *calibrate_clips, calibrate_labels, kCalibrateSeed);
  if (!calibrate) return fail(calibrate.error());

  bundle::Bundle made;
  made.manifest.name = options.name;
  made.manifest.version = options.version;
  made.manifest.description = options.description;
  made.manifest.model = options.model_spec;
  made.manifest.model.part = "model";
  made.manifest.default_target = static_cast<float>(options.default_target);
  made.manifest.agree_when = options.reuse.agree_when;
  std::map<std::string, std::string> files;
  FitJob job{options, stored, *train, *calibrate, askers, log, made, files};
  for (const auto& recipe : recipes) {
    for (const auto step : {&Recipe::make_dataset, &Recipe::fit, &Recipe::export_parts, &Recipe::calibrate}) {
      if (auto done = (recipe.get()->*step)(job); !done) return done;
    }
  }
  made.manifest.parts.push_back({"model", "model.onnx", model_bytes->size(), *model_hash});
  if (options.copy_model) made.parts.emplace("model", std::move(*model_bytes));
  if (auto replaced = bundle::replace_bundle(options.out, std::move(made)); !replaced) return replaced;
  for (const auto& [name, text] : files) {
    if (auto written = write_atomically(options.out / name, text); !written) return written;
  }
  log.line("wrote " + options.out.string());
  return {};
}

}  // namespace sluice::train
