#include "native/eval/exits/cut_runner.hpp"

#include <algorithm>
#include <utility>

#include "core/input/input.hpp"
#include "core/run/network.hpp"

namespace sluice::eval {
namespace {

std::size_t largest_of(std::span<const float> logits) {
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

}  // namespace

CutRunner::CutRunner(exits::StagedModel model, exits::ExitRule rule, std::unique_ptr<input::Preprocessor> preprocessor,
                     Tensor input, const LabelledPictures& pictures)
    : model_(std::move(model)),
      rule_(rule),
      preprocessor_(std::move(preprocessor)),
      input_(std::move(input)),
      pictures_(&pictures) {}

Result<CutRunner> CutRunner::create(const bundle::Bundle& bundle, const LabelledPictures& pictures) {
  const pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  const run::Loading loading = run::full_loading();
  auto model = exits::StagedModel::load(bundle.part(bundle.manifest.model.part), bundle.part(spec.part), spec.places,
                                        loading.model);
  if (!model) return fail(model.error());
  auto preprocessor = input::make_preprocessor(bundle.manifest.model.input, loading.preprocessors);
  if (!preprocessor) return fail(preprocessor.error());
  auto input = Tensor::create((*preprocessor)->tensor_type(), (*preprocessor)->tensor_shape());
  if (!input) return fail(input.error());
  return CutRunner(*std::move(model), spec.rule, *std::move(preprocessor), *std::move(input), pictures);
}

Result<void> CutRunner::cut(std::size_t place, Bytes section, const std::vector<float>& values) {
  auto coder = split::FeatureCoder::create(section, values);
  if (!coder) return fail(coder.error());
  auto decoder = split::FeatureDecoder::of_coding(section, values);
  if (!decoder) return fail(decoder.error());
  if (auto sized = decoded_.resize(DataType::kFloat32, decoder->tensor_shape()); !sized) return sized;
  place_ = place;
  coder_ = *std::move(coder);
  decoder_ = *std::move(decoder);
  return {};
}

Result<void> CutRunner::begin(std::span<const std::uint8_t> rgb) {
  const auto image =
      input::make_image(input::PixelFormat::kRgb8, pictures_->width, pictures_->height, std::as_bytes(rgb));
  if (!image) return fail(image.error());
  if (auto placed = preprocessor_->run(*image, input_.mutable_view()); !placed) return fail(placed.error());
  return model_.begin(input_.view());
}

Result<TensorView> CutRunner::tensor_at(std::size_t place, std::size_t picture) {
  if (auto begun = begin(pictures_->picture(picture)); !begun) return fail(begun.error());
  return run_to(place);
}

Result<TensorView> CutRunner::tensor_from(std::size_t earlier, const TensorView& tensor, std::size_t place) {
  if (auto begun = model_.begin_behind(earlier, tensor); !begun) return fail(begun.error());
  return run_to(place);
}

Result<TensorView> CutRunner::run_to(std::size_t place) {
  while (model_.at() <= place) {
    if (auto ran = model_.advance(); !ran) return fail(ran.error());
  }
  return model_.reached();
}

Result<void> CutRunner::ask_exit(Said& said) {
  const auto logits = model_.ask_exit();
  if (!logits) return fail(logits.error());
  const auto sure = exits::confidence(rule_, *logits);
  if (!sure) return fail(sure.error());
  said.confidences.push_back(*sure);
  said.classes.push_back(largest_of(*logits));
  return {};
}

Result<std::size_t> CutRunner::run_to_end() {
  while (!model_.finished()) {
    if (auto ran = model_.advance(); !ran) return fail(ran.error());
  }
  return largest_of(model_.answer().as<float>());
}

Result<std::size_t> CutRunner::class_behind(std::size_t place, const TensorView& tensor) {
  if (auto begun = model_.begin_behind(place, tensor); !begun) return fail(begun.error());
  return run_to_end();
}

Result<std::size_t> CutRunner::class_of(std::size_t picture) {
  if (auto begun = begin(pictures_->picture(picture)); !begun) return fail(begun.error());
  return run_to_end();
}

Result<std::size_t> CutRunner::class_of_pixels(std::span<const std::uint8_t> rgb) {
  if (auto begun = begin(rgb); !begun) return fail(begun.error());
  return run_to_end();
}

Result<CutRunner::Said> CutRunner::ask(std::size_t picture) {
  Said said;
  if (auto begun = begin(pictures_->picture(picture)); !begun) return fail(begun.error());
  for (;;) {
    if (auto asked = ask_exit(said); !asked) return fail(asked.error());
    if (model_.at() == place_ + 1) break;
    if (auto ran = model_.advance(); !ran) return fail(ran.error());
  }
  const auto payload = coder_->code(model_.reached());
  if (!payload) return fail(payload.error());
  said.bytes = payload->size();
  const auto full = run_to_end();
  if (!full) return fail(full.error());
  said.full = *full;
  if (auto came = decoder_->decode(*payload, symbols_, decoded_.mutable_view()); !came) return fail(came.error());
  if (auto begun = model_.begin_behind(place_, decoded_.view()); !begun) return fail(begun.error());
  while (!model_.finished()) {
    if (auto asked = ask_exit(said); !asked) return fail(asked.error());
    if (auto ran = model_.advance(); !ran) return fail(ran.error());
  }
  said.classes.push_back(largest_of(model_.answer().as<float>()));
  return said;
}

}  // namespace sluice::eval
