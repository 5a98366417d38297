#include "core/pipeline/exit_route.hpp"

#include <algorithm>
#include <utility>

#include "core/exit/staged_program.hpp"
#include "core/pipeline/exit_answer.hpp"

namespace sluice::pipeline {

ExitRoute::ExitRoute(RouteHost& host, const ExitsSpec& spec, float mean_cost, std::shared_ptr<StagesInUse> stages)
    : host_(host), spec_(spec), stages_(std::move(stages)), first_point_(spec.points.size()) {
  if (mean_cost > 0) budget_.emplace(static_cast<double>(mean_cost), 1);
}

std::optional<Duration> ExitRoute::estimate(const input::InputExtent&, Instant) const { return last_took_; }

float ExitRoute::set_error_budget(float allowed) {
  const auto point = std::find_if(spec_.points.begin(), spec_.points.end(),
                                  [&](const ExitPoint& one) { return 1 - one.target <= allowed; });
  first_point_ = static_cast<std::size_t>(point - spec_.points.begin());
  if (budget_) budget_->set_levels(spec_.points.size() - first_point_ + 1);
  // An input that runs is held against it as well.
  if (stages_->busy) take_point(budget_ ? std::max(point_, first_point_) : first_point_);
  return point == spec_.points.end() ? 0 : 1 - point->target;
}

// Levels of the budget are the points from the first one on that meets the target, and the model with all exits closed.
std::size_t ExitRoute::choose_point() {
  if (!budget_) return first_point_;
  return whole_multiply_adds_ == 0 ? spec_.points.size() : first_point_ + budget_->next();
}

void ExitRoute::take_point(std::size_t point) {
  point_ = point;
  if (point < spec_.points.size()) {
    thresholds_ = spec_.points[point].thresholds;
  } else {
    thresholds_.assign(spec_.places.size(), exits::closed_threshold(spec_.rule));
  }
}

// Of an input that has its answer.
void ExitRoute::learn_cost() {
  if (!budget_) return;
  if (whole_multiply_adds_ != 0) {
    budget_->spent(static_cast<double>(multiply_adds_) / static_cast<double>(whole_multiply_adds_));
  } else if (is_last()) {
    whole_multiply_adds_ = multiply_adds_;
    budget_->spent(1);
  }
}

void ExitRoute::begin(Attempt& attempt, Instant) {
  stages_->busy = true;
  stage_ = 0;
  unsure_ = 0;
  spent_ = Duration{0};
  multiply_adds_ = 0;
  take_point(choose_point());
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
  multiply_adds_ += made->multiply_adds;
  if (is_last()) return take_model(attempt, std::move(made->outputs));
  if (with_exit_) return take_exit(attempt, std::move(made->outputs));
  ++stage_;
  want_stage(attempt);
}

void ExitRoute::take_exit(Attempt& attempt, std::vector<OutputTensor> outputs) {
  if (auto bad = check_exit(stage_, outputs)) return host_.fail(attempt, *std::move(bad));
  const float confidence = outputs[exits::kConfidenceOutput].tensor.as<float>()[0];
  auto said = read_exit(spec_, stage_, thresholds_[stage_], std::move(outputs));
  if (!said) return host_.fail(attempt, said.error());
  const OnwardChoice onward =
      host_.half_way(attempt, {.kind = adapt::AnswerKind::kExit, .place = stage_, .confidence = confidence});
  if (onward.way == Onward::kAsTheRoute ? said->sure : onward.way == Onward::kAnswer) {
    last_took_ = std::max(spent_, last_took_.value_or(spent_));
    learn_cost();
    return host_.answer(attempt, AnswerKind::kExited, std::move(said->outputs), std::move(said->why));
  }
  host_.keep(attempt, AnswerKind::kExited, std::move(said->outputs), std::move(said->why));
  if (onward.way == Onward::kLeave) return host_.retry(attempt, false);
  ++unsure_;
  ++stage_;
  want_stage(attempt);
}

void ExitRoute::take_model(Attempt& attempt, std::vector<OutputTensor> outputs) {
  last_took_ = spent_;
  learn_cost();
  const bool for_mean_cost = budget_ && point_ == spec_.points.size() && first_point_ < point_;
  std::string why = unsure_ != 0    ? join_text({"no exit sure of ", unsure_, " asked, ran whole"})
                    : for_mean_cost ? std::string("ran whole, as the mean cost leaves room for it")
                                    : std::string("no exit is open at this target, ran whole");
  host_.answer(attempt, AnswerKind::kLocal, std::move(outputs), std::move(why));
}

void ExitRoute::release(Attempt&) { stages_->busy = false; }

}  // namespace sluice::pipeline
