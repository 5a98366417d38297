#include "core/pipeline/skip_question.hpp"

#include <utility>

namespace sluice::pipeline {

SkipQuestion::SkipQuestion(filter::SkipFilter filter, SkipSpec spec)
    : filter_(std::move(filter)),
      spec_(std::move(spec)),
      chosen_(choose_threshold(spec_.operating_points, spec_.default_target)) {}

Result<Verdict> SkipQuestion::ask(const input::ImageView& frame) {
  const auto score = filter_.score(frame);
  if (!score) return fail(score.error());
  Verdict verdict{std::nullopt, *score, chosen_.threshold};
  if (*score < chosen_.threshold) verdict.answer = AnswerKind::kSkipped;
  return verdict;
}

float SkipQuestion::set_accuracy_target(float target) {
  chosen_ = choose_threshold(spec_.operating_points, target);
  return chosen_.target;
}

}  // namespace sluice::pipeline
