#include "native/train/exits/baselines/subject.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>

#include "core/model/model.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/sha256.hpp"
#include "native/train/splitnet/model_input.hpp"
#include "native/train/trainer_input.hpp"

namespace sluice::train::exits::baselines {
namespace {

constexpr int kLoadRounds = 7;

}  // namespace

std::string form_name(BackboneForm form) { return form == BackboneForm::kVgg ? "vgg" : "inception"; }

Result<splitnet::OnnxNetwork> Subject::backbone() const {
  auto network = splitnet::OnnxNetworkImpl::load(onnx, "", options.arithmetic);
  if (!network) return fail(network.error());
  splitnet::OnnxNetwork loaded(std::move(*network));
  loaded->eval();
  return loaded;
}

Options Subject::stage_options() const {
  Options stage;
  stage.work = options.work;
  stage.backbone.form = options.form;
  stage.backbone.side = data.train.height();
  stage.backbone.classes = data.classes;
  stage.arithmetic = options.arithmetic;
  stage.checkpoint_s = options.checkpoint_s;
  stage.seed = options.seed;
  stage.threads = options.threads;
  return stage;
}

std::uint32_t Subject::epochs(std::uint32_t vgg, std::uint32_t inception) const {
  if (options.epochs != 0) return options.epochs;
  return options.form == BackboneForm::kVgg ? vgg : inception;
}

ExitBaselinePoint Subject::point(const char* system, std::string variant) const {
  ExitBaselinePoint point;
  point.system = system;
  point.backbone = form_name(options.form);
  point.variant = std::move(variant);
  point.macs_backbone = places.multiply_adds;
  point.pictures = test.size();
  return point;
}

Result<Subject> make_subject(const BaselineOptions& options, const splitnet::LabelledData& data,
                             const splitnet::PictureSet& test, ProgressLog& log) {
  auto onnx = bundle::read_file(options.backbone_model);
  if (!onnx) return fail(onnx.error());
  const std::int64_t side = data.train.height();
  input::ImageSpec input;
  input.width = input.height = static_cast<std::uint32_t>(side);
  Subject subject{options, data, test, log, *std::move(onnx), {}, network_input(input), {}};
  const auto hash = bundle::sha256_hex(std::as_bytes(std::span(subject.onnx)));
  if (!hash) return fail(hash.error());
  subject.key = *hash + "; " + splitnet::data_key(data);
  auto network = subject.backbone();
  if (!network) return fail(network.error());
  torch::NoGradGuard no_gradient;
  const torch::Tensor logits =
      (*network)->forward(splitnet::model_input(subject.input, torch::zeros({1, 3, side, side})));
  if (logits.dim() != 2 || logits.size(1) != data.classes) {
    return fail(ErrorCode::kInvalidArgument, {options.backbone_model.string(), " does not answer in the ", data.classes,
                                              " classes of the pictures"});
  }
  auto places = find_places(subject.onnx, **network, side, {});
  if (!places) return fail(places.error());
  subject.places = std::move(*places);
  const auto cost = load_cost(subject.onnx);
  if (!cost) return fail(cost.error());
  subject.weights_bytes = cost->weights_bytes;
  return subject;
}

Result<LoadCost> load_cost(const std::string& onnx) {
  using Clock = std::chrono::steady_clock;
  model::LoadOptions options;
  options.operators = model::all_operators();
  options.batch = 1;
  LoadCost cost{0, std::numeric_limits<double>::infinity()};
  for (int round = 0; round < kLoadRounds; ++round) {
    const auto begin = Clock::now();
    const auto loaded = model::Model::load(std::as_bytes(std::span(onnx)), options);
    const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
    if (!loaded) return fail(loaded.error());
    cost.weights_bytes = loaded->stats().weight_bytes;
    cost.ms = std::min(cost.ms, took.count());
  }
  return cost;
}

}  // namespace sluice::train::exits::baselines
