#include "native/eval/labeller.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::eval {

Labeller::Labeller(run::Program model, output::RedundancyRule rule, float threshold)
    : model_(std::move(model)), rule_(std::move(rule)), threshold_(threshold) {}

Result<Labeller> Labeller::load(Bytes onnx, const pipeline::ModelSpec& spec, const std::string& rule,
                                float weak_score) {
  auto parsed = output::RedundancyRule::parse(rule);
  if (!parsed) return fail(parsed.error());
  // Suppression goes from the best find down, so weaker finds never displace those above the threshold.
  output::OutputSpec output = spec.output;
  output.score_threshold = std::min(output.score_threshold, weak_score);
  auto model = run::Program::load(onnx, spec.input, output, run::full_loading());
  if (!model) return fail(model.error());
  return Labeller(std::move(*model), std::move(*parsed), spec.output.score_threshold);
}

Result<Verdict> Labeller::ask(const input::ImageView& picture) {
  auto result = model_.run(picture);
  if (!result) return fail(result.error());
  const auto tensor =
      std::find_if(result->begin(), result->end(), [](const auto& t) { return t.name == output::kDetectionsName; });
  if (tensor == result->end()) {
    return fail(ErrorCode::kNotFound, "the model's decoder gives no detections, which the rule is about");
  }
  auto found = output::from_tensor(tensor->tensor.view());
  if (!found) return fail(found.error());
  std::vector<output::Detection> sure;
  std::copy_if(found->begin(), found->end(), std::back_inserter(sure),
               [&](const auto& find) { return find.score >= threshold_; });
  float best = 0;
  for (const auto& find : sure) best = std::max(best, find.score);
  auto answer = detections_result(sure);
  if (!answer) return fail(answer.error());
  return Verdict{!rule_.redundant(static_cast<double>(sure.size()), best), std::move(*found), std::move(*answer)};
}

Result<reuse::SharedOutputs> detections_result(const std::vector<output::Detection>& detections) {
  auto table = output::to_tensor(detections);
  if (!table) return fail(table.error());
  auto outputs = std::make_shared<reuse::Outputs>();
  outputs->push_back({std::string(output::kDetectionsName), std::move(*table)});
  return reuse::SharedOutputs(std::move(outputs));
}

}  // namespace sluice::eval
