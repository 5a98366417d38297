#include "core/pipeline/exit_route.hpp"

#include <algorithm>
#include <utility>

#include "core/pipeline/exit_answer.hpp"

namespace sluice::pipeline {
ExitRoute::ExitRoute(RouteHost& host, const ExitsSpec& spec, std::shared_ptr<StagesInUse> stages)
    : host_(host),
      spec_(spec),
      stages_(std::move(stages)),
      thresholds_(spec.places.size(), exits::closed_threshold(spec.rule)) {}

std::optional<Duration> ExitRoute::estimate(const input::InputExtent&, Instant) const { return last_took_; }

float ExitRoute::set_error_budget(float allowed) {
  const auto point = std::find_if(spec_.points.begin(), spec_.points.end(),
                                  [&](const ExitPoint& one) { return 1 - one.target <= allowed; });
  if (point == spec_.points.end()) {
    std::fill(thresholds_.begin(), thresholds_.end(), exits::closed_threshold(spec_.rule));
    return 0;
  }
  thresholds_ = point->thresholds;
  return 1 - point->target;
}

void ExitRoute::begin(Attempt& attempt, Instant) {
  stages_->busy = true;
  stage_ = 0;
  unsure_ = 0;
  spent_ = Duration{0};
  want_stage(attempt);
}

void ExitRoute::want_stage(const Attempt& attempt) {
  with_exit_ = !is_last() && !exits::is_closed(spec_.rule, thresholds_[stage_]);
  host_.want(attempt, RunStage{spec_.part, stage_, with_exit_});
}

void ExitRoute::resume(Attempt& attempt, Product product, Duration took, Instant) {
  auto* made = std::get_if<StageOutputs>(&product);
  if (made == nullptr) {
    return host_.fail(attempt, {ErrorCode::kInvalidArgument, "a payload came for an input that runs on this device"});
  }
  Cost& cost = *host_.input_of(attempt).cost;
  cost.local_compute += took;
  cost.local_multiply_adds += made->multiply_adds;
  spent_ += took;
  if (is_last()) return take_model(attempt, std::move(made->outputs));
  if (with_exit_) return take_exit(attempt, std::move(made->outputs));
  ++stage_;
  want_stage(attempt);
}

void ExitRoute::take_exit(Attempt& attempt, std::vector<OutputTensor> outputs) {
  if (auto bad = check_exit(stage_, outputs)) return host_.fail(attempt, *std::move(bad));
  auto said = read_exit(spec_, stage_, thresholds_[stage_], std::move(outputs));
  if (!said) return host_.fail(attempt, said.error());
  if (said->sure) {
    last_took_ = std::max(spent_, last_took_.value_or(spent_));
    return host_.answer(attempt, AnswerKind::kExited, std::move(said->outputs), std::move(said->why));
  }
  host_.keep(attempt, AnswerKind::kExited, std::move(said->outputs), std::move(said->why));
  ++unsure_;
  ++stage_;
  want_stage(attempt);
}

void ExitRoute::take_model(Attempt& attempt, std::vector<OutputTensor> outputs) {
  last_took_ = spent_;
  std::string why = unsure_ == 0 ? std::string("no exit is open at this target, ran whole")
                                 : join_text({"no exit sure of ", unsure_, " asked, ran whole"});
  host_.answer(attempt, AnswerKind::kLocal, std::move(outputs), std::move(why));
}

void ExitRoute::release(Attempt&) { stages_->busy = false; }

}  // namespace sluice::pipeline
