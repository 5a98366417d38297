#include "native/train/fit_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <charconv>
#include <sstream>

#include "native/arguments/checks.hpp"

namespace sluice::train {
namespace {

constexpr std::uint64_t kMostEpochs = 1'000'000;

constexpr const char* kFitExamples =
    "Examples:\n"
    "  A gate that skips, for a detector, from videos without labels; other videos choose the thresholds:\n"
    "    sluice fit --name mine --model detector.onnx --train train/ --calibrate calibrate/ --out bundles/mine --work "
    "work/\n"
    "  One that also reuses earlier answers, with the model's file in the bundle, ready to be served:\n"
    "    sluice fit --name mine --model detector.onnx --train train/ --calibrate calibrate/ --out bundles/mine --work "
    "work/ \\\n"
    "      --reuse --copy-model\n"
    "  A classifier in two halves, the first for a device, the second for a server:\n"
    "    sluice fit --split --name mine --train .deps/cifar10 --work work/ --out bundles/mine\n"
    "  Defaults are the published AgileNN's losses and channels. The bundle cifar10-split was made without them, which "
    "keeps\n"
    "  as much, and at several prices in turn (native/train/splitnet/README.md):\n"
    "    sluice fit --split ... --importance-weight 0 --local-channels 0 --channel-choice first --rate-per-kbit 0.015\n"
    "  How well it does on videos that it never saw:\n"
    "    sluice eval mine --bundle bundles/mine --data test/";

// "640x480" into `spec`; false when it is not a size.
bool parse_size(std::string_view text, input::ImageSpec& spec) {
  const auto number = [](std::string_view digits, std::uint32_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && value > 0;
  };
  const auto cross = text.find('x');
  return cross != std::string_view::npos && number(text.substr(0, cross), spec.width) &&
         number(text.substr(cross + 1), spec.height);
}

void set_normalisation(input::ImageSpec& spec, const std::array<float, 3>& mean,
                       const std::array<float, 3>& deviation) {
  spec.mean = mean;
  for (std::size_t c = 0; c < deviation.size(); ++c) spec.scale[c] = 1 / deviation[c];
}

Result<input::ImageSpec> parse_spec(const std::string& text) {
  input::ImageSpec spec;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (parse_size(word, spec)) continue;
    if (word == "letterbox") spec.fit = input::Fit::kLetterbox;
    else if (word == "stretch") spec.fit = input::Fit::kStretch;
    else if (word == "rgb") spec.channels = input::Channels::kRgb;
    else if (word == "bgr") spec.channels = input::Channels::kBgr;
    else if (word == "unit") set_normalisation(spec, {}, {255, 255, 255});
    else if (word == "signed") set_normalisation(spec, {127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F});
    else if (word == "imagenet") set_normalisation(spec, {123.675F, 116.28F, 103.53F}, {58.395F, 57.12F, 57.375F});
    else
      return fail(ErrorCode::kInvalidArgument,
                  "'" + word + "' in the input '" + text +
                      "' is neither a size such as 640x640 nor letterbox, stretch, rgb, bgr, unit, signed or imagenet");
  }
  if (spec.width == 0)
    return fail(ErrorCode::kInvalidArgument, "the input '" + text + "' names no size such as 640x640");
  return spec;
}

void add_reuse_arguments(CLI::App& command, FitArguments& arguments) {
  ReuseOptions& reuse = arguments.options.reuse;
  command.add_flag("--reuse", reuse.wanted, "Make a REUSE section too: a learned distance on the filter's trunk");
  command.add_option("--agree-when", reuse.agree_when.rule, "When two results agree")->capture_default_str();
  command.add_option("--agree-iou", reuse.agree_when.iou, "Overlap of boxes that agree")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1));
  command
      .add_option("--reuse-frames-per-clip", reuse.frames_per_clip,
                  "Frames taken of each training video for REUSE; 0: all")
      ->capture_default_str();
  command.add_option("--motions", reuse.motions, "Sequences composed for training REUSE")->capture_default_str();
  command.add_option("--calibrate-motions", reuse.calibrate_motions, "Sequences composed for calibrating REUSE")
      ->capture_default_str();
  command.add_option("--pictures-per-motion", reuse.pictures_per_motion, "Pictures of a composed sequence")
      ->capture_default_str()
      ->check(arguments::whole_number(2, 10'000));
  command.add_option("--embedding", arguments.embedding, "How places become an embedding: pooled, grid or strided")
      ->capture_default_str();
  command.add_option("--embedding-channels", reuse.training.design.channels, "Channels of its layer over the places")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 64));
  command.add_option("--embedding-size", reuse.training.design.size, "Numbers in an embedding")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 4096));
  command.add_option("--neighbours", reuse.neighbours, "Nearest entries of the cache that vote")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 32));
  command.add_option("--max-entries", reuse.max_entries, "Entries of the cache")->capture_default_str();
  command.add_option("--max-age-ms", reuse.max_age_ms, "Life of an entry")->capture_default_str();
  command
      .add_option("--skip-share", reuse.skip_share,
                  "SKIP's share of the error budget; 0: the best on the calibration sequences")
      ->capture_default_str()
      ->check(arguments::number_from(0, 0.99));
  command.add_option("--embedding-epochs", reuse.training.epochs, "Epochs of its training")
      ->capture_default_str()
      ->check(arguments::whole_number(1, kMostEpochs));
}

// What is made in place of a gate, and needs less than that.
void add_kind_flag(CLI::App& command, const char* name, bool& wanted, const char* text) {
  command
      .add_flag_function(
          name,
          [&command, &wanted](std::int64_t) {
            wanted = true;
            for (const char* needed : {"--model", "--calibrate", "--out"}) command.get_option(needed)->required(false);
          },
          text)
      ->trigger_on_parse();
}

void add_kinds(CLI::App& command, FitArguments& arguments) {
  add_kind_flag(command, "--split", arguments.split.wanted,
                "Make a network in two halves, for split inference; --train is then a folder of pictures, --model a "
                "classifier, or none to train one");
  add_kind_flag(command, "--exits", arguments.exits.wanted,
                "Make a classifier with early exits; --train and --model as with --split");
  splitnet::add_arguments(command, arguments.split);
  exits::add_arguments(command, arguments.exits);
}

}  // namespace

void add_fit_arguments(CLI::App& command, FitArguments& arguments) {
  FitOptions& options = arguments.options;
  options.model_spec.output.decoder = "retinaface";
  command.add_option("--name", options.name, "Name of the bundle")->required();
  command.add_option("--bundle-version", options.version, "Version of the bundle")->capture_default_str();
  command.add_option("--description", options.description, "One line about the bundle");
  command.add_option("--model", options.model, "The full model, ONNX")->required()->check(CLI::ExistingFile);
  command
      .add_option("--input", arguments.input,
                  "The model's picture: size, letterbox or stretch, rgb or bgr; values: unit for 0..1, signed for "
                  "-1..1, imagenet "
                  "for that data set's means and deviations; none of them: 0..255")
      ->capture_default_str();
  command.add_option("--decoder", options.model_spec.output.decoder, "How the model's outputs become detections")
      ->capture_default_str();
  command.add_option("--score-threshold", options.model_spec.output.score_threshold, "Detections below are none")
      ->capture_default_str()
      ->check(arguments::number_from(0, 1));
  command.add_option("--rule", options.rule, "When a result is redundant")->capture_default_str();
  command.add_option("--train", options.train, "Footage to learn from: videos, pictures, folders")
      ->required()
      ->check(CLI::ExistingPath);
  command.add_option("--calibrate", options.calibrate, "Other footage, to choose the thresholds on")
      ->required()
      ->check(CLI::ExistingPath);
  command.add_option("--out", options.out, "The bundle's folder")->required();
  command.add_option("--work", options.work, "Folder for labels and checkpoints; a run goes on from it")->required();
  command.add_option("--filter-input", arguments.filter_input, "Size of the filter's picture")->capture_default_str();
  command
      .add_option("--frames-per-clip", options.labels.frames_per_clip, "Frames taken of each training video; 0: all")
      ->capture_default_str();
  command.add_option("--composed", options.composed, "Scenes composed for training")->capture_default_str();
  command.add_option("--screens", options.screens, "Screens with small video pictures on them, composed for training")
      ->capture_default_str();
  command
      .add_option("--calibrate-frames-per-clip", options.calibrate_frames_per_clip,
                  "Frames taken of each calibration video; 0: all")
      ->capture_default_str();
  command.add_option("--calibrate-composed", options.calibrate_composed, "Scenes composed for calibration")
      ->capture_default_str();
  command
      .add_option("--calibrate-screens", options.calibrate_screens,
                  "Screens composed for calibration; with any, promises hold for screens and the rest separately")
      ->capture_default_str();
  command
      .add_option("--calibrate-block-frames", options.calibrate_block_frames,
                  "Frames of a calibration video that count as one observation; longer than a scene lasts")
      ->capture_default_str();
  command.add_option("--epochs", options.training.epochs, "Times through the pictures")
      ->capture_default_str()
      ->check(arguments::whole_number(1, kMostEpochs));
  command.add_option("--learning-rate", options.training.learning_rate, "Of the first steps; falls to nothing")
      ->capture_default_str()
      ->check(arguments::number_above(0, 1));
  command
      .add_option("--start-from", options.training.start_from,
                  "gate.best.pt in another run's work folder, its split-*.pt with --split, or its "
                  "backbone-*.checkpoint with --exits, "
                  "to start from (default: random)")
      ->check(CLI::ExistingFile);
  command.add_option("--seed", options.training.seed, "Seed of the training")->capture_default_str();
  command.add_option("--threads", options.training.threads, "Threads of the training, and of labelling sequences")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 1024));
  command.add_option("--confidence", options.confidence, "Of the promise")
      ->capture_default_str()
      ->check(arguments::number_between(0, 1));
  command.add_option("--default-target", options.default_target, "Agreement that the bundle asks for by itself")
      ->capture_default_str()
      ->check(arguments::number_between(0, 1));
  command
      .add_option("--filter", options.filter,
                  "ONNX of a filter to calibrate and build on, in place of training one; an embedding in it is kept")
      ->check(CLI::ExistingFile);
  command
      .add_option("--keep-skip", options.keep_skip,
                  "Bundle whose filter and SKIP thresholds are taken over as they are")
      ->check(CLI::ExistingDirectory);
  add_reuse_arguments(command, arguments);
  command.add_flag("--this-mixture", arguments.this_mixture,
                   "Promise agreement for the calibration footage's share of redundant frames only, not for any share");
  command.add_flag("--copy-model", options.copy_model, "Put the model's file into the bundle as well");
  add_kinds(command, arguments);
  command.footer(kFitExamples);
}

Result<FitOptions> complete_fit_options(const FitArguments& arguments) {
  FitOptions options = arguments.options;
  const auto input = parse_spec(arguments.input);
  if (!input) return fail(input.error());
  const auto filter_input = parse_spec(arguments.filter_input);
  if (!filter_input) return fail(filter_input.error());
  options.model_spec.input = *input;
  options.training.design = default_gate(filter_input->width, filter_input->height);
  options.training.score_threshold = options.model_spec.output.score_threshold;
  const auto form = embedding_form(arguments.embedding);
  if (!form) return fail(form.error());
  options.reuse.training.design.form = *form;
  options.reuse.training.threads = options.training.threads;
  options.reuse.training.seed = options.training.seed;
  options.promise = arguments.this_mixture ? filter::Promise::kThisMixture : filter::Promise::kAnyMixture;
  return options;
}

Result<splitnet::Options> complete_split_options(const FitArguments& arguments) {
  splitnet::Options options = splitnet::complete_options(arguments.split);
  const FitOptions& shared = arguments.options;
  if (shared.train.size() != 1) return fail(ErrorCode::kInvalidArgument, "--split learns from one folder of pictures");
  if (!shared.model.empty()) {
    const auto input = parse_spec(arguments.input);
    if (!input) return fail(input.error());
    options.model = shared.model;
    options.model_input = *input;
  }
  options.name = shared.name;
  options.data = shared.train.front();
  options.version = shared.version;
  options.description = shared.description;
  options.out = shared.out;
  options.default_target = shared.default_target;
  options.work = shared.work;
  options.start_from = shared.training.start_from;
  options.seed = shared.training.seed;
  options.threads = shared.training.threads;
  return options;
}

Result<exits::Options> complete_exits_options(const FitArguments& arguments) {
  exits::Options options = exits::complete_options(arguments.exits);
  const FitOptions& shared = arguments.options;
  if (shared.train.size() != 1) return fail(ErrorCode::kInvalidArgument, "--exits learns from one folder of pictures");
  if (!shared.model.empty()) {
    const auto input = parse_spec(arguments.input);
    if (!input) return fail(input.error());
    options.model = shared.model;
    options.model_input = *input;
  }
  options.own_labels = arguments.split.options.own_labels;
  options.cut = arguments.split.options.cut;
  options.name = shared.name;
  options.version = shared.version;
  options.description = shared.description;
  options.out = shared.out;
  options.data = shared.train.front();
  options.work = shared.work;
  options.start_from = shared.training.start_from;
  options.confidence = shared.confidence;
  options.default_target = shared.default_target;
  options.checkpoint_s = arguments.split.options.checkpoint_s;
  options.arithmetic = static_cast<splitnet::Arithmetic>(arguments.split.arithmetic);
  options.seed = shared.training.seed;
  options.threads = shared.training.threads;
  return options;
}

}  // namespace sluice::train
