#include "core/pipeline/exit_answer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/exit/staged_program.hpp"
#include "core/pipeline/reason.hpp"

namespace sluice::pipeline {
namespace {

Error bad_stage(std::uint32_t stage, std::string_view what) {
  return {ErrorCode::kInvalidArgument, join_text({"stage ", stage, " gave ", what})};
}

// "exit 2 of 7 sure: 0.970 > 0.930"; one that the target closes was asked so that there is an answer at all.
std::string exit_reason(const ExitsSpec& spec, std::uint32_t stage, float confidence, float threshold, bool sure) {
  if (!sure && exits::is_closed(spec.rule, threshold)) {
    return join_text({"exit ", stage + 1, " of ", spec.places.size(), " closed at this target: ", decimal(confidence)});
  }
  const bool below = spec.rule == exits::ExitRule::kEntropy;
  const char* const relation = sure ? (below ? " < " : " > ") : (below ? " >= " : " <= ");
  return join_text({"exit ", stage + 1, " of ", spec.places.size(),
                    sure ? " sure: " : " not sure: ", decimal(confidence), relation, decimal(threshold)});
}

Result<OutputTensor> exit_output(std::uint32_t stage) {
  auto tensor = Tensor::create(DataType::kInt32, {1});
  if (!tensor) return fail(tensor.error());
  tensor->as<std::int32_t>()[0] = static_cast<std::int32_t>(stage);
  return OutputTensor{std::string(wire::kExitOutput), *std::move(tensor)};
}

}  // namespace

std::optional<Error> check_exit(std::uint32_t stage, const std::vector<OutputTensor>& outputs) {
  if (outputs.size() != 2) return bad_stage(stage, join_text({outputs.size(), " outputs with its exit; expected 2"}));
  const Tensor& logits = outputs[exits::kLogitsOutput].tensor;
  const Tensor& said = outputs[exits::kConfidenceOutput].tensor;
  if (logits.type() != DataType::kFloat32 || said.type() != DataType::kFloat32) {
    return bad_stage(stage, join_text({"outputs of the types ", type_name(logits.type()), " and ",
                                       type_name(said.type()), "; expected float32"}));
  }
  const auto values = said.as<float>();
  if (logits.as<float>().empty() || values.size() != 1 || !std::isfinite(values[0])) {
    return bad_stage(stage, "no logits, or a confidence that is not one number");
  }
  return std::nullopt;
}

Result<ExitAnswer> read_exit(const ExitsSpec& spec, std::uint32_t stage, float threshold,
                             std::vector<OutputTensor> outputs) {
  auto depth = exit_output(stage);
  if (!depth) return fail(depth.error());
  const float confidence = outputs[exits::kConfidenceOutput].tensor.as<float>()[0];
  ExitAnswer answer;
  answer.sure = exits::is_sure(spec.rule, confidence, threshold);
  answer.why = exit_reason(spec, stage, confidence, threshold, answer.sure);
  outputs[exits::kConfidenceOutput] = *std::move(depth);
  answer.outputs = std::move(outputs);
  return answer;
}

Result<ExitAnswer> read_cut_answer(const ExitsSpec& spec, std::vector<OutputTensor> outputs) {
  const auto refuse = [](std::string_view what) {
    return fail(ErrorCode::kMalformedMessage, {"the answer of the stages behind the cut ", what});
  };
  if (outputs.size() != 2 || outputs[1].name != wire::kExitOutput || outputs[1].tensor.type() != DataType::kInt32 ||
      outputs[1].tensor.as<std::int32_t>().size() != 1) {
    return refuse("does not say behind which stage it was given");
  }
  const std::int32_t stage = outputs[1].tensor.as<std::int32_t>()[0];
  const auto last = static_cast<std::int32_t>(spec.places.size());
  if (stage <= static_cast<std::int32_t>(spec.cut->place) || stage > last) {
    return refuse(
        join_text({"is of stage ", stage, "; the server runs those from ", spec.cut->place + 1, " to ", last}));
  }
  if (outputs[0].tensor.type() != DataType::kFloat32) return refuse("is no float32");
  const auto logits = outputs[0].tensor.as<float>();
  if (logits.empty()) return refuse("has no values");
  if (!std::ranges::all_of(logits, [](float one) { return std::isfinite(one); })) {
    return refuse("has a value that is not finite");
  }
  ExitAnswer answer;
  answer.sure = stage != last;
  if (answer.sure) {
    answer.why = join_text({"exit ", stage + 1, " of ", spec.places.size(), " sure on the server"});
  } else {
    answer.why = "no exit sure, the server ran the rest";
    outputs.pop_back();
  }
  answer.outputs = std::move(outputs);
  return answer;
}

}  // namespace sluice::pipeline
