#include "native/eval/measurement.hpp"

#include <algorithm>
#include <chrono>

#include "core/run/network.hpp"
#include "native/eval/labeller.hpp"
#include "native/eval/thumbnail.hpp"

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
                {"the bundle '", bundle.manifest.name, "' has no skip filter to evaluate"});
  }
  auto network = run::Network::load(bundle.part(skip->part), skip->input, run::gate_loading());
  if (!network) return fail(network.error());
  const auto* reuse = bundle.manifest.find_question<questions::ReuseSpec>();
  std::size_t embedding = 0;
  if (reuse != nullptr) {
    const auto outputs = network->outputs();
    const auto found =
        std::find_if(outputs.begin(), outputs.end(), [&](const auto& o) { return o.name == reuse->output; });
    if (reuse->part != skip->part || found == outputs.end()) {
      return fail(ErrorCode::kNotFound, {"the skip filter's network has no output '", reuse->output, "' for reuse"});
    }
    embedding = static_cast<std::size_t>(found - outputs.begin());
  }
  auto labeller = Labeller::load(bundle.part(bundle.manifest.model.part), bundle.manifest.model, skip->redundant_when);
  if (!labeller) return fail(labeller.error());
  auto thumbnails = Thumbnails::create();
  if (!thumbnails) return fail(thumbnails.error());

  Measurement measurement;
  measurement.agree_when = bundle.manifest.agree_when;
  std::vector<double> gate_ms;
  std::vector<double> model_ms;
  for (std::size_t c = 0; c < clips.size(); ++c) {
    ClipRecord record{clips[c].name, clips[c].still_pictures, {}};
    auto read = read_clip(clips[c], every, [&](const input::ImageView& frame, std::uint64_t index) -> Result<void> {
      const auto start = Clock::now();
      const auto ran = network->run(frame);
      const auto scored = Clock::now();
      if (!ran) return fail(ran.error());
      const auto model_start = Clock::now();
      const auto verdict = labeller->ask(frame);
      const auto judged = Clock::now();
      if (!verdict) return fail(verdict.error());
      auto thumbnail = thumbnails->make(frame);
      if (!thumbnail) return fail(thumbnail.error());
      gate_ms.push_back(milliseconds(scored - start));
      model_ms.push_back(milliseconds(judged - model_start));
      FrameRecord made;
      made.score = std::clamp(network->output(0).as<float>()[0], 0.0F, 1.0F);
      made.needed = verdict->needed;
      made.thumbnail = std::move(*thumbnail);
      made.index = static_cast<std::uint32_t>(index);
      made.result = verdict->result;
      if (reuse != nullptr) {
        const auto values = network->output(embedding).as<float>();
        made.embedding.assign(values.begin(), values.end());
      }
      record.frames.push_back(std::move(made));
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
