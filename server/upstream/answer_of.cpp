#include "server/upstream/answer_of.hpp"

#include <algorithm>
#include <utility>

#include "core/wire/utf8.hpp"

namespace sluice::server {

namespace {

std::optional<pipeline::AnswerKind> kind_of(std::uint32_t how) {
  using pipeline::AnswerKind;
  if (how == 0) return AnswerKind::kRemote;
  for (const auto kind : {AnswerKind::kReused, AnswerKind::kExited, AnswerKind::kSplit, AnswerKind::kRemote}) {
    if (static_cast<std::uint32_t>(kind) == how) return kind;
  }
  return std::nullopt;
}

}  // namespace

Result<JobResult> answer_of(const wire::Answer& answer, const wire::Request& request, Duration since_admission) {
  const auto kind = kind_of(answer.how);
  if (!kind) return fail(ErrorCode::kMalformedMessage, {"it says that an answer came about by ", answer.how});
  if (answer.outputs.empty()) return fail(ErrorCode::kMalformedMessage, "it sent an answer without outputs");
  if (!answer.variant.empty() && !(request.least_agreement > 0 && answer.agreement >= request.least_agreement)) {
    return fail(ErrorCode::kMalformedMessage,
                {"its variant ", wire::quoted(answer.variant), " answered a request that does not accept it"});
  }
  JobResult result;
  Outputs outputs;
  outputs.reserve(answer.outputs.size());
  for (const auto& output : answer.outputs) {
    auto copy = Tensor::copy_of(output.tensor);
    if (!copy) return fail(copy.error());
    outputs.push_back({output.name, *std::move(copy)});
  }
  result.outputs = std::move(outputs);
  result.how = *kind;
  result.cost = answer.cost;
  result.cost.queue = std::max(since_admission - answer.cost.decode - answer.cost.compute, answer.cost.queue);
  result.variant = {answer.variant, answer.agreement};
  result.hops = std::min<std::uint32_t>(answer.hops, wire::kMaxHops - 1) + 1;  // no request passes more
  return result;
}

}  // namespace sluice::server
