#include "core/pipeline/promise_judge.hpp"

#include <algorithm>

namespace sluice::pipeline {
namespace {

constexpr std::string_view kNoDetections =
    "' is about detections, and the model's own tensors are the result: a live promise cannot tell when such an answer "
    "is right; "
    "keep to the calibrated thresholds";

}  // namespace

Result<PromiseJudge> PromiseJudge::make(const Manifest& manifest,
                                        std::span<const std::unique_ptr<Question>> questions) {
  auto agreement = output::Agreement::make(manifest.agree_when);
  if (!agreement) return fail(agreement.error());
  PromiseJudge judge(*agreement);
  for (const auto& question : questions) {
    const auto asked = std::ranges::find_if(
        manifest.questions, [&](const AskedQuestion& one) { return one.row->kind == question->name(); });
    judge.rules_.emplace_back();
    if (asked == manifest.questions.end() || asked->spec->right_when().empty()) continue;
    auto rule = output::RedundancyRule::parse(asked->spec->right_when());
    if (!rule) return fail(rule.error().code, {question->name(), ": ", rule.error().message});
    if (!output::gives_detections(manifest.model.output)) {
      return fail(ErrorCode::kInvalidArgument,
                  {"'", asked->spec->right_when(), "' of '", question->name(), kNoDetections});
    }
    judge.rules_.back() = std::move(*rule);
  }
  return judge;
}

Result<bool> PromiseJudge::is_right(std::optional<std::size_t> question, std::span<const output::OutputTensor> answer,
                                    std::span<const output::OutputTensor> full) const {
  if (question && rules_[*question]) return rules_[*question]->redundant(full);
  return agreement_.agrees(answer, full);
}

}  // namespace sluice::pipeline
