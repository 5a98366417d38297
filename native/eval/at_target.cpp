#include "native/eval/at_target.hpp"

#include <algorithm>
#include <cmath>

#include "core/pipeline/chosen_points.hpp"
#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"

namespace sluice::eval {

double as_written(float target) { return std::round(static_cast<double>(target) * 1e6) / 1e6; }

AtTarget thresholds_at(const pipeline::Manifest& manifest, double target) {
  AtTarget setting;
  setting.target = target;
  const auto chosen = pipeline::chosen_points(manifest, static_cast<float>(target));
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const pipeline::QuestionSpec* spec = manifest.questions[i].spec.get();
    if (dynamic_cast<const questions::SkipSpec*>(spec) != nullptr) setting.skip = chosen[i];
    if (dynamic_cast<const questions::ReuseSpec*>(spec) != nullptr) setting.reuse = chosen[i];
  }
  return setting;
}

Result<std::vector<Score>> scores_at(const Measurement& measurement, const pipeline::Manifest& manifest,
                                     const AtTarget& setting) {
  const auto* reuse = manifest.find_question<questions::ReuseSpec>();
  if (reuse == nullptr) {
    std::vector<Score> scores;
    for (const ClipRecord& clip : measurement.clips) scores.push_back(score_clip(clip, setting.skip.threshold));
    return scores;
  }
  ReplaySetting replayed;
  replayed.skip_below = setting.skip.threshold;
  replayed.cap = setting.reuse.threshold;
  replayed.reuse = *reuse;
  return score_replayed(measurement, replayed);
}

std::vector<double> calibrated_targets(const pipeline::Manifest& manifest) {
  std::vector<double> targets;
  const auto add = [&](const std::vector<pipeline::OperatingPoint>& points) {
    for (const auto& point : points) targets.push_back(static_cast<double>(point.target));
  };
  if (const auto* skip = manifest.find_question<questions::SkipSpec>()) add(skip->operating_points);
  if (const auto* reuse = manifest.find_question<questions::ReuseSpec>()) add(reuse->operating_points);
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

}  // namespace sluice::eval
