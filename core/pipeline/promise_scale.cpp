#include "core/pipeline/promise_scale.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/pipeline/chosen_points.hpp"
#include "core/promise/threshold_control.hpp"

namespace sluice::pipeline {
namespace {

using promise::ErrorCurve;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

float distance_score(float distance, float widest) { return distance / (distance + widest); }
float score_distance(float score, float widest) { return score < 1 ? widest * score / (1 - score) : kNoScore; }

// What the points of a question lead to expect in the middle of each bin.
ErrorCurve::Rates rates_by_distance(std::span<const OperatingPoint> points, float widest) {
  const ScoreErrors errors(points);
  ErrorCurve::Rates rates;
  for (std::size_t bin = 0; bin < rates.size(); ++bin) {
    const float low = score_distance(ErrorCurve::lower_edge(bin), widest);
    const float high = bin + 1 < rates.size() ? score_distance(ErrorCurve::lower_edge(bin + 1), widest) : kNoScore;
    rates[bin] = errors.at(bin + 1 < rates.size() ? (low + high) / 2 : low);
  }
  return rates;
}

float widest_of(std::span<const OperatingPoint> points) {
  float widest = 0;
  for (const OperatingPoint& point : points) widest = std::max(widest, point.threshold);
  return widest > 0 ? widest : 1;
}

}  // namespace

Result<PromiseScale> PromiseScale::make(const Manifest& manifest,
                                        std::span<const std::unique_ptr<Question>> questions) {
  PromiseScale scale;
  for (const auto& question : questions) {
    const auto asked = std::ranges::find_if(
        manifest.questions, [&](const AskedQuestion& one) { return one.row->kind == question->name(); });
    scale.asked_.emplace_back();
    if (asked != manifest.questions.end())
      scale.asked_.back() = static_cast<std::size_t>(asked - manifest.questions.begin());
    if (asked == manifest.questions.end() || !asked->row->scores_are_distances) {
      scale.widest_.emplace_back();
      scale.expected_.push_back(ErrorCurve::calibrated());
    } else {
      scale.widest_.emplace_back(widest_of(asked->spec->points()));
      scale.expected_.push_back(rates_by_distance(asked->spec->points(), *scale.widest_.back()));
    }
  }
  if (manifest.exits) {
    const ExitsSpec& exits = *manifest.exits;
    scale.exits_place_ = scale.expected_.size();
    scale.expected_.push_back(ErrorCurve::calibrated());
    scale.exits_.emplace(exits.rule, exits.points, exits.places.size());
    if (exits.cut) scale.cut_.emplace(exits.rule, exits.cut->points, exits.places.size());
  }
  if (manifest.split) {
    scale.halves_place_ = scale.expected_.size();
    scale.expected_.push_back(ErrorCurve::calibrated());
    for (const SplitPoint& point : manifest.split->points) {
      if (point.channels == 0) scale.guess_error_ = 1 - static_cast<double>(point.target);
      if (point.channels != 0) scale.split_points_.push_back(point);
    }
  }
  if (scale.expected_.empty() || scale.expected_.size() > promise::kMostQuestions) {
    return fail(ErrorCode::kInvalidArgument,
                {"the bundle '", manifest.name, "' answers in ", scale.expected_.size(),
                 " ways without the full model; a live promise is about 1 to ", promise::kMostQuestions});
  }
  return scale;
}

std::vector<float> PromiseScale::begins(const Manifest& manifest, float target) const {
  const auto chosen = chosen_points(manifest, target);
  std::vector<float> begins(places());
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (asked_[i]) begins[i] = score(i, chosen[*asked_[i]].threshold);
  }
  return begins;
}

float PromiseScale::score(std::size_t question, float own) const {
  if (!(own >= 0) || own == kNoScore) return kNone;
  const auto& widest = widest_[question];
  return widest ? distance_score(own, *widest) : own;
}

float PromiseScale::own_score(std::size_t question, float score) const {
  const auto& widest = widest_[question];
  return widest ? score_distance(score, *widest) : score;
}

std::optional<std::size_t> PromiseScale::place_of(adapt::AnswerKind kind) const {
  return kind == adapt::AnswerKind::kExit ? exits_place_ : halves_place_;
}

float PromiseScale::score(const HalfWay& there) {
  if (there.kind == adapt::AnswerKind::kExit) {
    const auto& errors = there.sends && cut_ ? cut_ : exits_;
    return errors ? static_cast<float>(errors->at(there.place, there.confidence)) : kNone;
  }
  const double confidence = largest_probability(there.logits);
  const auto score = static_cast<float>(guesses_.at(guess_error_, confidence));
  guesses_.saw(confidence);
  return score;
}

float PromiseScale::score_of_channels(std::uint32_t channels) const {
  float score = kNone;
  for (const SplitPoint& point : split_points_) {
    if (point.channels <= channels) score = 1 - point.target;
  }
  return score;
}

}  // namespace sluice::pipeline
