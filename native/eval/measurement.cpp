#include "native/eval/measurement.hpp"

#include <algorithm>
#include <chrono>

#include "core/questions/skip/skip_question.hpp"
#include "core/run/network.hpp"
#include "native/eval/labeller.hpp"
#include "native/eval/rgb_image.hpp"

namespace sluice::eval {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Small grey copies of frames.
class Thumbnails {
 public:
  static Result<Thumbnails> create() {
    input::ImageSpec spec;
    spec.width = 32;
    spec.height = 24;
    spec.channels = input::Channels::kGray;
    auto to_tensor = input::ImageToTensor::create(spec);
    if (!to_tensor) return fail(to_tensor.error());
    auto tensor = Tensor::create(DataType::kFloat32, to_tensor->tensor_shape());
    if (!tensor) return fail(tensor.error());
    return Thumbnails(std::move(*to_tensor), std::move(*tensor));
  }

  Result<std::vector<std::uint8_t>> make(const input::ImageView& frame) {
    if (auto placed = to_tensor_.run(frame, tensor_.mutable_view()); !placed) return fail(placed.error());
    return to_planes(tensor_.as<float>());
  }

 private:
  Thumbnails(input::ImageToTensor to_tensor, Tensor tensor)
      : to_tensor_(std::move(to_tensor)), tensor_(std::move(tensor)) {}
  input::ImageToTensor to_tensor_;
  Tensor tensor_;
};

}  // namespace

std::size_t Measurement::frames() const {
  std::size_t count = 0;
  for (const ClipRecord& clip : clips) count += clip.frames.size();
  return count;
}

Result<Measurement> measure(const bundle::Bundle& bundle, std::span<const Clip> clips, std::uint32_t every,
                            const ClipProgress& progress) {
  const auto* skip = bundle.manifest.find_question<questions::SkipSpec>();
  if (skip == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                "the bundle '" + bundle.manifest.name + "' has no skip filter to evaluate");
  }
  auto network = run::Network::load(bundle.part(skip->part), skip->input, run::gate_loading());
  if (!network) return fail(network.error());
  auto filter = questions::SkipQuestion::make(std::make_shared<pipeline::SharedNetwork>(std::move(*network)), *skip);
  if (!filter) return fail(filter.error());
  auto labeller = Labeller::load(bundle.part(bundle.manifest.model.part), bundle.manifest.model, skip->redundant_when);
  if (!labeller) return fail(labeller.error());
  auto thumbnails = Thumbnails::create();
  if (!thumbnails) return fail(thumbnails.error());

  Measurement measurement;
  pipeline::InputId asked = 0;
  std::vector<double> gate_ms;
  std::vector<double> model_ms;
  for (std::size_t c = 0; c < clips.size(); ++c) {
    ClipRecord record{clips[c].name, clips[c].still_pictures, {}};
    auto read = read_clip(clips[c], every, [&](const input::ImageView& frame, std::uint64_t) -> Result<void> {
      const auto start = Clock::now();
      const input::InputView input = frame;
      const auto score = (*filter)->ask({input, ++asked, {}});
      const auto scored = Clock::now();
      if (!score) return fail(score.error());
      const auto model_start = Clock::now();
      const auto verdict = labeller->ask(frame);
      const auto judged = Clock::now();
      if (!verdict) return fail(verdict.error());
      auto thumbnail = thumbnails->make(frame);
      if (!thumbnail) return fail(thumbnail.error());
      gate_ms.push_back(milliseconds(scored - start));
      model_ms.push_back(milliseconds(judged - model_start));
      record.frames.push_back({score->score, verdict->needed, std::move(*thumbnail)});
      return {};
    });
    if (!read) return fail(read.error());
    measurement.clips.push_back(std::move(record));
    progress(c + 1, clips.size(), clips[c].name);
  }
  measurement.gate_ms = median(std::move(gate_ms));
  measurement.model_ms = median(std::move(model_ms));
  return measurement;
}

}  // namespace sluice::eval
