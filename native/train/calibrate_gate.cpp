#include "native/train/calibrate_gate.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "core/model/model.hpp"

namespace sluice::train {

Result<std::vector<filter::ScoredFrame>> score_samples(Bytes onnx, const input::ImageSpec& spec,
                                                       std::span<const SampleStore* const> stores) {
  model::LoadOptions options;
  options.operators = model::gate_operators();
  auto model = model::Model::load(onnx, options);
  if (!model) return fail(model.error());
  auto tensor = Tensor::create(DataType::kFloat32, Shape{1, 3, spec.height, spec.width});
  if (!tensor) return fail(tensor.error());
  std::vector<std::uint8_t> planes(std::size_t{3} * spec.height * spec.width);

  std::vector<filter::ScoredFrame> frames;
  std::uint32_t blocks = 0;
  for (const SampleStore* store : stores) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> known;  // clip and block: the number of the block
    for (std::size_t i = 0; i < store->size(); ++i) {
      const auto sample = store->read(i, planes);
      if (!sample) return fail(sample.error());
      const auto values = tensor->as<float>();
      for (std::size_t p = 0; p < planes.size(); ++p) {
        const std::size_t channel = p / (planes.size() / 3);
        values[p] = (static_cast<float>(planes[p]) - spec.mean[channel]) * spec.scale[channel];
      }
      if (auto run = model->run(std::array{tensor->view()}); !run) return fail(run.error());
      filter::ScoredFrame frame;
      frame.score = std::clamp(model->output(0).as<float>()[0], 0.0F, 1.0F);
      frame.needed = sample->needed;
      const auto [place, fresh] = known.try_emplace({sample->clip, sample->block}, blocks);
      if (fresh) ++blocks;
      frame.block = place->second;
      frames.push_back(frame);
    }
  }
  return frames;
}

Result<std::vector<pipeline::OperatingPoint>> calibrate_gate(Bytes onnx, const input::ImageSpec& spec,
                                                             std::span<const std::vector<const SampleStore*>> kinds,
                                                             std::span<const double> targets, double confidence,
                                                             filter::Promise promise) {
  std::vector<std::vector<filter::ScoredFrame>> scored;
  std::size_t pictures = 0;
  for (const auto& stores : kinds) {
    auto frames = score_samples(onnx, spec, stores);
    if (!frames) return fail(frames.error());
    pictures += frames->size();
    scored.push_back(std::move(*frames));
  }
  std::vector<double> growing(targets.begin(), targets.end());
  std::sort(growing.begin(), growing.end());
  std::vector<pipeline::OperatingPoint> points;
  for (const double target : growing) {
    float threshold = 1;
    for (const auto& frames : scored) {
      const auto chosen = filter::calibrate(frames, target, confidence, promise);
      if (!chosen) return fail(chosen.error());
      threshold = std::min(threshold, chosen->threshold);
    }
    if (threshold <= 0) continue;
    std::ptrdiff_t skipped = 0;
    for (const auto& frames : scored) {
      skipped +=
          std::count_if(frames.begin(), frames.end(), [&](const auto& frame) { return frame.score < threshold; });
    }
    points.push_back({static_cast<float>(target), static_cast<float>(confidence), threshold,
                      static_cast<float>(skipped) / static_cast<float>(pictures)});
  }
  if (points.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the calibration footage is too short to promise anything: " + std::to_string(pictures) +
                    " pictures; a promise of 90 % at 95 % confidence takes at least 29 blocks without an error");
  }
  return points;
}

}  // namespace sluice::train
