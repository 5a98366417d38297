#include "core/questions/skip/skip_question.hpp"

#include <cmath>
#include <utility>

namespace sluice::questions {
namespace {

// A sigmoid computed in float may pass its bounds by a rounding; more than that is another kind of output.
constexpr float kRoundingSlack = 1e-3F;

Result<void> check_output(const run::Network& network) {
  const model::TensorInfo& output = network.outputs()[0];
  if (output.type != DataType::kFloat32) {
    return fail(ErrorCode::kTypeMismatch,
                {"the skip filter's output '", output.name, "' is ", type_name(output.type), "; it must be float32"});
  }
  for (const std::int64_t dim : output.dims) {
    if (dim == 1 || dim < 0) continue;
    return fail(ErrorCode::kShapeMismatch, {"the skip filter's output '", output.name,
                                            "' must be a single probability, but has a dimension of ", dim});
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<SkipQuestion>> SkipQuestion::make(std::shared_ptr<pipeline::SharedNetwork> network,
                                                         const SkipSpec& spec) {
  if (auto checked = check_output(network->network()); !checked) return fail(checked.error());
  return std::unique_ptr<SkipQuestion>(new SkipQuestion(std::move(network), spec.operating_points));
}

Result<pipeline::Verdict> SkipQuestion::ask(const pipeline::AskContext& context) {
  const auto output = network_->output(context, 0);
  if (!output) return fail(output.error());
  const auto values = output->as<float>();
  if (values.size() != 1) {
    return fail(ErrorCode::kShapeMismatch,
                {"the skip filter answered with ", values.size(), " values in place of one probability"});
  }
  const float score = values[0];
  if (!(score >= -kRoundingSlack && score <= 1 + kRoundingSlack)) {  // also when it is not a number
    return fail(ErrorCode::kExecutionFailed, {"the skip filter answered ", score, ", which is no probability"});
  }
  pipeline::Verdict verdict;
  verdict.score = std::fmin(std::fmax(score, 0.0F), 1.0F);
  verdict.threshold = chosen_.threshold;
  if (verdict.score < chosen_.threshold) verdict.kind = pipeline::AnswerKind::kSkipped;
  return verdict;
}

float SkipQuestion::set_error_budget(float allowed) {
  chosen_ = pipeline::choose_point(points_, allowed);
  return chosen_.error;
}

}  // namespace sluice::questions
