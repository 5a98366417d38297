#include "core/pipeline/exit_split_route.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/exit/staged_program.hpp"
#include "core/pipeline/exit_answer.hpp"
#include "core/pipeline/remote_route.hpp"

namespace sluice::pipeline {
namespace {

constexpr int kInputsBehind = 4;  // that may wait behind a held one, and want their stages run in time
constexpr Duration kSpare = std::chrono::milliseconds(10);

}  // namespace

ExitSplitRoute::ExitSplitRoute(RouteHost& host, RemoteRoute* remote, const ExitsSpec& spec,
                               std::shared_ptr<StagesInUse> stages)
    : host_(host), remote_(remote), spec_(spec), stages_(std::move(stages)) {}

Instant ExitSplitRoute::leaves_held_at() const {
  return held_.front().deadline - kInputsBehind * last_took_.value_or(Duration{0}) - kSpare;
}

Instant ExitSplitRoute::next_deadline() const {
  return !held_.empty() && leaves_held_at() > now_ ? leaves_held_at() : kNever;
}

bool ExitSplitRoute::served(Instant now) const { return remote_ != nullptr && remote_->available(now); }

bool ExitSplitRoute::awaits_server(Instant now) const { return remote_ != nullptr && now < remote_->awaited_until(); }

bool ExitSplitRoute::available(Instant now) const {
  return !served(now) || (within_target_ && remote_->takes(wire::Encoding::kCut));
}

std::optional<Duration> ExitSplitRoute::estimate(const input::InputExtent& extent, Instant now) const {
  if (!served(now) || !last_took_) return last_took_;
  const auto remote = remote_->estimate(extent, now);
  return remote ? std::optional(*remote + *last_took_) : std::nullopt;
}

float ExitSplitRoute::set_error_budget(float allowed) {
  const auto& points = spec_.cut->points;
  const auto point =
      std::find_if(points.begin(), points.end(), [&](const ExitPoint& one) { return 1 - one.target <= allowed; });
  within_target_ = point != points.end();
  point_ = within_target_ ? static_cast<std::size_t>(point - points.begin()) : points.size() - 1;
  return within_target_ ? 1 - point->target : 0;
}

void ExitSplitRoute::begin(Attempt& attempt, Instant) {
  stages_->busy = true;
  running_ = attempt.id;
  stage_ = 0;
  coding_ = false;
  run_point_ = point_;
  run_within_target_ = within_target_;
  spent_ = Duration{0};
  want_stage(attempt);
}

void ExitSplitRoute::want_stage(const Attempt& attempt) {
  const float threshold = spec_.cut->points[run_point_].thresholds[stage_];
  with_exit_ = stage_ == spec_.cut->place || !exits::is_closed(spec_.rule, threshold);
  host_.want(attempt, RunStage{spec_.part, stage_, with_exit_});
}

void ExitSplitRoute::resume(Attempt& attempt, Product product, Duration took, Instant now) {
  auto* made = std::get_if<StageOutputs>(&product);
  if (made == nullptr) {
    return host_.fail(attempt, {ErrorCode::kInvalidArgument, "a payload came for an input that runs on this device"});
  }
  Cost& cost = *host_.input_of(attempt).cost;
  cost.local_compute += took;
  cost.local_multiply_adds += made->multiply_adds;
  spent_ += took;
  if (coding_) return take_payload(attempt, *made, now);
  if (with_exit_) return take_exit(attempt, std::move(made->outputs));
  ++stage_;
  want_stage(attempt);
}

void ExitSplitRoute::take_exit(Attempt& attempt, std::vector<OutputTensor> outputs) {
  if (auto bad = check_exit(stage_, outputs)) return host_.fail(attempt, *std::move(bad));
  const float threshold = spec_.cut->points[run_point_].thresholds[stage_];
  const float confidence = outputs[exits::kConfidenceOutput].tensor.as<float>()[0];
  auto said = read_exit(spec_, stage_, threshold, std::move(outputs));
  if (!said) return host_.fail(attempt, said.error());
  const OnwardChoice onward = host_.half_way(attempt, {.kind = adapt::AnswerKind::kExit,
                                                       .place = stage_,
                                                       .sends = stage_ == spec_.cut->place,
                                                       .confidence = confidence});
  if (onward.way == Onward::kAsTheRoute ? said->sure : onward.way == Onward::kAnswer) {
    last_took_ = std::max(spent_, last_took_.value_or(spent_));
    return host_.answer(attempt, AnswerKind::kExited, std::move(said->outputs), std::move(said->why));
  }
  host_.keep(attempt, AnswerKind::kExited, std::move(said->outputs), std::move(said->why));
  if (onward.way == Onward::kLeave) return host_.retry(attempt, false);
  if (stage_ == spec_.cut->place) {
    coding_ = true;
    return host_.want(attempt, RunStage{spec_.part, stage_, false, true});
  }
  ++stage_;
  want_stage(attempt);
}

void ExitSplitRoute::take_payload(Attempt& attempt, StageOutputs& made, Instant now) {
  if (made.outputs.size() != 1 || made.outputs[0].tensor.type() != DataType::kUint8 ||
      made.outputs[0].tensor.view().bytes.empty()) {
    return host_.fail(attempt, {ErrorCode::kInvalidArgument,
                                join_text({"what stage ", stage_, " left was to be coded as one output of bytes"})});
  }
  last_took_ = spent_;
  free_stages();
  if (!held_.empty() && now >= leaves_held_at()) {
    return host_.fail(attempt, {ErrorCode::kOverloaded, "the server has no room for what was left here"});
  }
  held_.push_back({attempt.id, std::move(made.outputs[0].tensor), std::string(made.traceparent), run_point_,
                   run_within_target_, host_.input_of(attempt).deadline});
  send_held(now);
}

// The oldest first, as many as the server has room for; each may end here.
void ExitSplitRoute::send_held(Instant now) {
  while (!held_.empty()) {
    const AttemptId first = held_.front().attempt;
    if (Attempt* attempt = host_.find_attempt(first)) {
      if (!send(*attempt, held_.front(), now)) return;
    }
    std::erase_if(held_, [&](const Coded& one) { return one.attempt == first; });
  }
}

// False: it has to wait.
bool ExitSplitRoute::send(Attempt& attempt, Coded& coded, Instant now) {
  if (!served(now)) {
    if (awaits_server(now)) return false;
    host_.fail(attempt,
               remote_ != nullptr ? remote_->why_absent() : Error{ErrorCode::kNotConnected, "no server is named"});
  } else if (!coded.within_target) {
    host_.retry(attempt, false);  // no point of the cut keeps what is asked: the picture goes
  } else if (!remote_->takes(wire::Encoding::kCut)) {
    host_.fail(attempt, {ErrorCode::kUnsupportedEncoding, "the server does not go on from the cut of a model"});
  } else if (!remote_->has_room(now)) {
    return false;
  } else {
    const Instant until = coded.deadline;
    remote_->reserve(attempt, now);
    under_way_.push_back(std::move(coded));
    const Coded& sent = under_way_.back();
    Payload payload{wire::Encoding::kCut, sent.payload.view().bytes, sent.traceparent};
    payload.exit_point = static_cast<std::uint32_t>(sent.point + 1);
    static_cast<void>(remote_->send(attempt, payload, until, now));
  }
  return true;
}

bool ExitSplitRoute::sends_again(Attempt& attempt) {
  const auto coded =
      std::find_if(under_way_.begin(), under_way_.end(), [&](const Coded& one) { return one.attempt == attempt.id; });
  if (coded == under_way_.end()) return false;
  const auto younger = std::find_if(held_.begin(), held_.end(), [&](const Coded& one) {
    return std::pair(one.deadline, one.attempt) > std::pair(coded->deadline, coded->attempt);
  });
  held_.insert(younger, std::move(*coded));
  under_way_.erase(coded);
  return true;
}

void ExitSplitRoute::advance(Instant now) {
  now_ = now;
  send_held(now);
}

Instant ExitSplitRoute::advances_at() const {
  if (held_.empty() || remote_ == nullptr) return kNever;
  return served(now_) ? remote_->next_deadline() : remote_->awaited_until();
}

void ExitSplitRoute::answered(Attempt& attempt, AnswerKind, std::vector<OutputTensor>&& outputs) {
  auto said = read_cut_answer(spec_, std::move(outputs));
  if (!said) return host_.fail(attempt, said.error());
  host_.answer(attempt, AnswerKind::kSplit, std::move(said->outputs), std::move(said->why));
}

void ExitSplitRoute::free_stages() {
  running_ = 0;
  stages_->busy = false;
}

void ExitSplitRoute::release(Attempt& attempt) {
  if (running_ == attempt.id) free_stages();
  const auto is_its = [&](const Coded& one) { return one.attempt == attempt.id; };
  std::erase_if(held_, is_its);
  std::erase_if(under_way_, is_its);
  if (remote_ != nullptr) remote_->release(attempt);
}

}  // namespace sluice::pipeline
