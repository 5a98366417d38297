#include "core/pipeline/local_route.hpp"

#include <utility>

namespace sluice::pipeline {

std::optional<Duration> LocalRoute::estimate(const input::InputExtent&, Instant) const { return last_took_; }

void LocalRoute::begin(Attempt& attempt, Instant) {
  ++running_;
  host_.want(attempt, RunStage{part_});
}

void LocalRoute::resume(Attempt& attempt, Product product, Duration took, Instant) {
  auto* outputs = std::get_if<StageOutputs>(&product);
  if (outputs == nullptr)
    return host_.fail(attempt, {ErrorCode::kInvalidArgument, "a payload came for an input that runs on this device"});
  host_.input_of(attempt).cost->local_compute = took;
  last_took_ = took;
  host_.answer(attempt, AnswerKind::kLocal, std::move(outputs->outputs), {});
}

void LocalRoute::release(Attempt&) { --running_; }

}  // namespace sluice::pipeline
