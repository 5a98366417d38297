#include "native/train/calibrate_reuse.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/filter/calibration.hpp"
#include "core/model/model.hpp"
#include "native/eval/labeller.hpp"
#include "native/eval/rgb_image.hpp"
#include "native/eval/thumbnail.hpp"
#include "native/train/trainer_input.hpp"

namespace sluice::train {
namespace {

// The grid: even steps in the logarithm. The network is trained so that a distance of a few units separates results.
constexpr float kFirstCap = 0.02F;
constexpr float kLastCap = 30;
constexpr float kCapStep = 1.12F;

eval::RgbImage interleaved(std::span<const std::uint8_t> planes, std::uint32_t width, std::uint32_t height) {
  eval::RgbImage image{width, height, std::vector<std::uint8_t>(planes.size())};
  const std::size_t plane = planes.size() / 3;
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) image.pixels[i * 3 + c] = planes[c * plane + i];
  }
  return image;
}

eval::ReplaySetting setting_of(const ReuseCalibration& calibration, float skip_below, float cap) {
  eval::ReplaySetting setting;
  setting.skip_below = skip_below;
  setting.cap = cap;
  setting.reuse = calibration.spec;
  return setting;
}

struct Tally {
  std::uint32_t frames = 0;
  std::uint32_t skipped = 0;
  std::uint32_t reused = 0;
  std::uint32_t wrong = 0;  // of the reused
};

Result<std::vector<Tally>> tally(const ReplaySplit& split, const ReuseCalibration& calibration,
                                 const output::Agreement& agreement, float skip_below, float cap) {
  const auto answers = eval::replay(split.frames(), setting_of(calibration, skip_below, cap), agreement);
  if (!answers) return fail(answers.error());
  std::vector<Tally> sequences(split.sequences());
  for (std::size_t i = 0; i < answers->size(); ++i) {
    Tally& sequence = sequences[split.frames()[i].sequence];
    const eval::ReplayAnswer& answer = (*answers)[i];
    ++sequence.frames;
    if (answer.outcome == eval::Outcome::kSkipped) ++sequence.skipped;
    if (answer.outcome != eval::Outcome::kReused) continue;
    ++sequence.reused;
    if (!answer.agrees) ++sequence.wrong;
  }
  return sequences;
}

bool promised(const std::vector<Tally>& sequences, double error, double confidence) {
  double loss = 0;
  std::uint32_t blocks = 0;
  for (const Tally& sequence : sequences) {
    const std::uint32_t passed = sequence.frames - sequence.skipped;
    if (passed == 0) continue;
    ++blocks;
    loss += static_cast<double>(sequence.wrong) / passed;
  }
  return filter::loss_p_value(loss, blocks, false, error) <= 1 - confidence;
}

}  // namespace

Result<ReplaySplit> ReplaySplit::run(Bytes filter, std::span<const SampleStore* const> stores, float detections_from,
                                     const Progress& progress) {
  model::LoadOptions options;
  options.operators = model::gate_operators();
  auto model = model::Model::load(filter, options);
  if (!model) return fail(model.error());
  if (model->outputs().size() != 2)
    return fail(ErrorCode::kShapeMismatch,
                {"the filter has ", model->outputs().size(), " outputs, not a probability and an embedding"});
  auto thumbnails = eval::Thumbnails::create();
  if (!thumbnails) return fail(thumbnails.error());
  std::size_t total = 0;
  for (const SampleStore* store : stores) total += store->size();

  ReplaySplit split;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> known;  // clip and block: number of the sequence
  for (const SampleStore* store : stores) {
    std::vector<std::uint8_t> planes(store->picture_bytes());
    auto tensor = Tensor::create(DataType::kFloat32, Shape{1, 3, store->height(), store->width()});
    if (!tensor) return fail(tensor.error());
    for (std::size_t i = 0; i < store->size(); ++i) {
      auto sample = store->read(i, planes);
      if (!sample) return fail(sample.error());
      std::ranges::transform(planes, tensor->as<float>().begin(), network_value);
      if (auto run = model->run(std::array{std::as_const(*tensor).view()}); !run) return fail(run.error());
      std::erase_if(sample->places, [&](const auto& place) { return place.score < detections_from; });
      auto result = eval::detections_result(sample->places);
      if (!result) return fail(result.error());
      auto thumbnail = thumbnails->make(interleaved(planes, store->width(), store->height()).view());
      if (!thumbnail) return fail(thumbnail.error());

      const auto [place, fresh] = known.try_emplace({sample->clip, sample->block}, split.sequences_);
      if (fresh) {
        ++split.sequences_;
        split.measurement_.clips.push_back({std::to_string(sample->clip), false, {}});
      }
      const auto values = model->output(1).as<float>();
      split.embeddings_.emplace_back(values.begin(), values.end());
      eval::ReplayFrame frame;
      frame.sequence = place->second;
      frame.frame = sample->frame;
      frame.score = std::clamp(model->output(0).as<float>()[0], 0.0F, 1.0F);
      frame.needed = sample->needed;
      frame.embedding = split.embeddings_.back();  // its values stay where they are when the vector of vectors grows
      frame.result = *result;
      eval::FrameRecord record;
      record.score = frame.score;
      record.needed = frame.needed;
      record.thumbnail = std::move(*thumbnail);
      record.index = frame.frame;
      record.result = *result;
      split.measurement_.clips[frame.sequence].frames.push_back(std::move(record));
      split.frames_.push_back(std::move(frame));
      progress(split.frames_.size(), total);
    }
  }
  return split;
}

Result<pipeline::OperatingPoint> calibrate_reuse(const ReplaySplit& split, const ReuseCalibration& calibration,
                                                 double error, double skip_error) {
  const auto agreement = output::Agreement::make(calibration.agree_when);
  if (!agreement) return fail(agreement.error());
  const float skip_below = pipeline::choose_point(calibration.skip_points, static_cast<float>(skip_error)).threshold;
  pipeline::OperatingPoint point{static_cast<float>(1 - error), static_cast<float>(calibration.confidence), 0, 0};
  for (float cap = kFirstCap; cap < kLastCap; cap *= kCapStep) {
    const auto beside = tally(split, calibration, *agreement, skip_below, cap);
    if (!beside) return fail(beside.error());
    const auto alone = skip_below > 0 ? tally(split, calibration, *agreement, 0, cap) : beside;
    if (!alone) return fail(alone.error());
    if (!promised(*beside, error, calibration.confidence) || !promised(*alone, error, calibration.confidence)) break;
    std::size_t frames = 0;
    std::size_t reused = 0;
    for (const Tally& sequence : *beside) {
      frames += sequence.frames;
      reused += sequence.reused;
    }
    point.threshold = cap;
    point.filter_rate = static_cast<float>(reused) / static_cast<float>(std::max<std::size_t>(frames, 1));
  }
  return point;
}

Result<double> answered_share(const ReplaySplit& split, const ReuseCalibration& calibration, float skip_below,
                              float cap) {
  const auto agreement = output::Agreement::make(calibration.agree_when);
  if (!agreement) return fail(agreement.error());
  const auto sequences = tally(split, calibration, *agreement, skip_below, cap);
  if (!sequences) return fail(sequences.error());
  double sum = 0;
  for (const Tally& sequence : *sequences) {
    sum += static_cast<double>(sequence.skipped + sequence.reused) / std::max(sequence.frames, 1U);
  }
  return sequences->empty() ? 0 : sum / static_cast<double>(sequences->size());
}

}  // namespace sluice::train
