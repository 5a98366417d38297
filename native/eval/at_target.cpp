#include "native/eval/at_target.hpp"

#include <algorithm>
#include <memory>

#include "core/pipeline/error_budget.hpp"
#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"

namespace sluice::eval {
namespace {

// A question that only chooses its point.
class PointQuestion final : public pipeline::Question {
 public:
  PointQuestion(std::string_view name, const std::vector<pipeline::OperatingPoint>& points,
                pipeline::ChosenPoint& chosen)
      : name_(name), points_(points), chosen_(chosen) {}

  std::string_view name() const override { return name_; }
  Result<pipeline::Verdict> ask(const pipeline::AskContext&) override {
    return fail(ErrorCode::kInternal, {"'", name_, "' was asked for its point only"});
  }
  float set_error_budget(float allowed) override {
    chosen_ = pipeline::choose_point(points_, allowed);
    return chosen_.error;
  }

 private:
  std::string_view name_;
  const std::vector<pipeline::OperatingPoint>& points_;
  pipeline::ChosenPoint& chosen_;
};

}  // namespace

AtTarget thresholds_at(const pipeline::Manifest& manifest, double target) {
  AtTarget setting;
  setting.target = target;
  const auto* skip = manifest.find_question<questions::SkipSpec>();
  const auto* reuse = manifest.find_question<questions::ReuseSpec>();
  std::vector<std::unique_ptr<pipeline::Question>> questions;
  std::vector<float> shares;
  for (const pipeline::AskedQuestion& asked : manifest.questions) {
    if (asked.spec.get() == skip) {
      questions.push_back(std::make_unique<PointQuestion>("skip", skip->operating_points, setting.skip));
    } else if (asked.spec.get() == reuse) {
      questions.push_back(std::make_unique<PointQuestion>("reuse", reuse->operating_points, setting.reuse));
    } else {
      continue;
    }
    shares.push_back(asked.spec->error_share);
  }
  std::vector<float> spent(questions.size());
  pipeline::share_error_budget(questions, shares, static_cast<float>(target), spent);
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
