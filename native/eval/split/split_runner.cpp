#include "native/eval/split/split_runner.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/pipeline/full_model.hpp"

namespace sluice::eval {
namespace {

std::int64_t best(std::span<const float> logits) { return std::ranges::max_element(logits) - logits.begin(); }

Result<input::ImageView> view_of_picture(std::span<const std::uint8_t> rgb, const LabelledPictures& like) {
  return input::make_image(input::PixelFormat::kRgb8, like.width, like.height, std::as_bytes(rgb));
}

}  // namespace

SplitRunner::SplitRunner(run::Program full, std::unique_ptr<split::DeviceHalf> half, model::Model remote,
                         split::FeatureDecoder decoder, Tensor features)
    : full_(std::move(full)),
      half_(std::move(half)),
      remote_(std::move(remote)),
      decoder_(std::move(decoder)),
      shares_(split::guess_shares(half_->unit())),
      features_(std::move(features)) {}

Result<SplitRunner> SplitRunner::create(const bundle::Bundle& bundle) {
  const pipeline::Manifest& manifest = bundle.manifest;
  if (!manifest.split) {
    return fail(ErrorCode::kInvalidArgument, {"the bundle '", manifest.name, "' has no model in two halves"});
  }
  const auto named = [](const std::string& part, const Error& why) {
    return fail(why.code, {"part '", part, "': ", why.message});
  };
  auto full = pipeline::load_full_model(manifest, bundle.part(manifest.model.part), run::full_loading());
  if (!full) return fail(full.error());
  const auto device = bundle.parts.find(manifest.split->device);
  auto half = split::DeviceHalf::create(bundle.part(manifest.split->device), manifest.model.input);
  if (!half) return named(manifest.split->device, half.error());
  auto decoder = split::FeatureDecoder::create(device->second, manifest.split->values);
  if (!decoder) return named(manifest.split->device, decoder.error());
  auto remote = model::Model::load(bundle.part(manifest.split->remote), run::full_loading().model);
  if (!remote) return named(manifest.split->remote, remote.error());
  auto features = Tensor::create(DataType::kFloat32, decoder->tensor_shape());
  if (!features) return fail(features.error());
  return SplitRunner(*std::move(full), *std::move(half), *std::move(remote), *std::move(decoder), *std::move(features));
}

Result<std::vector<SplitRunner>> SplitRunner::create_for_all_cores(const bundle::Bundle& bundle) {
  std::vector<SplitRunner> runners;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    auto runner = create(bundle);
    if (!runner) return fail(runner.error());
    runners.push_back(*std::move(runner));
  }
  return runners;
}

Result<std::int64_t> SplitRunner::full(std::span<const std::uint8_t> rgb, const LabelledPictures& like) {
  const auto view = view_of_picture(rgb, like);
  if (!view) return fail(view.error());
  const auto outputs = full_.run(*view);
  if (!outputs) return fail(outputs.error());
  return best(outputs->front().tensor.as<float>());
}

Result<SplitRunner::Device> SplitRunner::device(std::span<const std::uint8_t> rgb, const LabelledPictures& like) {
  const auto view = view_of_picture(rgb, like);
  if (!view) return fail(view.error());
  const auto outputs = half_->run(*view);
  if (!outputs) return fail(outputs.error());
  const auto guess = (*outputs)[0].tensor.as<float>();
  const auto payload = (*outputs)[1].tensor.as<std::uint8_t>();
  const auto ends = (*outputs)[2].tensor.as<std::int32_t>();
  return Device{{guess.begin(), guess.end()}, {payload.begin(), payload.end()}, {ends.begin(), ends.end()}};
}

Result<SplitRunner::Remote> SplitRunner::remote(const Device& device, std::size_t bytes) {
  const std::size_t whole = static_cast<std::size_t>(
      std::ranges::upper_bound(device.ends, static_cast<std::int32_t>(bytes)) - device.ends.begin());
  if (whole == 0) return Remote{};
  const auto came =
      decoder_.decode(std::as_bytes(std::span(device.payload).first(bytes)), symbols_, features_.mutable_view());
  if (!came) return fail(came.error());
  const TensorView input = features_.view();
  if (auto ran = remote_.run(std::span(&input, 1)); !ran) return fail(ran.error());
  const auto logits = remote_.output(0).as<float>();
  if (logits.size() != device.guess.size()) {
    return fail(ErrorCode::kShapeMismatch,
                {"the remote half gives ", logits.size(), " values, the guess ", device.guess.size()});
  }
  return Remote{*came, {logits.begin(), logits.end()}};
}

std::int64_t SplitRunner::combine(const Device& device, const Remote& remote) const {
  if (remote.channels == 0) return best(device.guess);
  const float share = shares_[remote.channels];
  std::vector<float> logits(device.guess.size());
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = share * device.guess[i] + (1 - share) * remote.logits[i];
  return best(logits);
}

Result<std::int64_t> SplitRunner::combined(const Device& device, std::size_t bytes) {
  const auto came = remote(device, bytes);
  if (!came) return fail(came.error());
  return combine(device, *came);
}

}  // namespace sluice::eval
