#include "core/pipeline/stand_in_route.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"

namespace sluice::pipeline {

StandInRoute::StandInRoute(RouteHost& host, std::string_view variant, std::string part)
    : host_(host),
      variant_(variant),
      why_(join_text({"by the variant '", variant, "' on this device"})),
      part_(std::move(part)) {}

void StandInRoute::begin(Attempt& attempt, Instant) {
  running_ = attempt.id;
  host_.want(attempt, RunStage{part_});
}

void StandInRoute::resume(Attempt& attempt, Product product, Duration took, Instant) {
  auto* outputs = std::get_if<StageOutputs>(&product);
  if (outputs == nullptr)
    return host_.fail(attempt, {ErrorCode::kInvalidArgument, "a payload came for an input that runs on this device"});
  host_.input_of(attempt).cost->local_compute += took;
  last_took_ = took;
  *host_.input_of(attempt).variant = variant_;  // an answer of the server's says whose it is itself
  host_.keep(attempt, AnswerKind::kLocal, std::move(outputs->outputs), why_);
  // It has done its part. Where the server's attempt came to nothing meanwhile, what was kept answers at once.
  host_.fail(attempt, {ErrorCode::kNotConnected, "the server's answer was lost"});
}

const ModelVariant* stand_in_of(const Manifest& manifest, const ClientOptions& options) {
  if (options.stand_in.empty()) return nullptr;
  const auto found = std::find_if(manifest.variants.begin(), manifest.variants.end(),
                                  [&](const ModelVariant& one) { return one.name == options.stand_in; });
  return found == manifest.variants.end() ? nullptr : &*found;
}

void StandInRoute::release(Attempt& attempt) {
  if (attempt.id == running_) running_ = 0;
}

}  // namespace sluice::pipeline
