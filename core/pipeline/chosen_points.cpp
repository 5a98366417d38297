#include "core/pipeline/chosen_points.hpp"

#include <algorithm>
#include <memory>

#include "core/pipeline/error_budget.hpp"

namespace sluice::pipeline {
namespace {

// A question that only chooses its point.
class PointQuestion final : public Question {
 public:
  PointQuestion(const AskedQuestion& asked, ChosenPoint& chosen) : asked_(asked), chosen_(chosen) {}

  std::string_view name() const override { return asked_.row->kind; }
  Result<Verdict> ask(const AskContext&) override {
    return fail(ErrorCode::kInternal, {"'", name(), "' was asked for its point only"});
  }
  float set_error_budget(float allowed) override {
    const auto points = asked_.spec->points();
    chosen_ = choose_point({points.begin(), points.end()}, allowed);
    return chosen_.error;
  }

 private:
  const AskedQuestion& asked_;
  ChosenPoint& chosen_;
};

}  // namespace

std::vector<ChosenPoint> chosen_points(const Manifest& manifest, float accuracy_target) {
  std::vector<ChosenPoint> chosen(manifest.questions.size());
  std::vector<std::unique_ptr<Question>> questions;
  std::vector<float> shares;
  for (const AskedQuestion& asked : manifest.questions) {
    questions.push_back(std::make_unique<PointQuestion>(asked, chosen[questions.size()]));
    shares.push_back(asked.spec->error_share);
  }
  std::vector<float> spent(questions.size());
  share_error_budget(questions, shares, accuracy_target, spent);
  return chosen;
}

bool answers_nothing(const Manifest& manifest, float accuracy_target) {
  const auto chosen = chosen_points(manifest, accuracy_target);
  return std::ranges::all_of(chosen, [](const ChosenPoint& point) { return point.threshold <= 0; });
}

std::optional<SplitPoint> chosen_split_point(const Manifest& manifest, float accuracy_target) {
  if (!manifest.split) return std::nullopt;
  float spent = 0;
  for (const ChosenPoint& point : chosen_points(manifest, accuracy_target)) spent += point.error;
  const float allowed = std::max(std::clamp(1 - spent, 0.0F, 1.0F) - accuracy_target, 0.0F);
  const auto& points = manifest.split->points;
  const auto found = std::ranges::find_if(points, [&](const SplitPoint& one) { return 1 - one.target <= allowed; });
  return found == points.end() ? std::nullopt : std::optional(*found);
}

}  // namespace sluice::pipeline
