// A frame is offered, waits, and ends. See client_impl.hpp.
#include <utility>

#include "core/pipeline/client_impl.hpp"
#include "core/pipeline/reason.hpp"

namespace sluice::pipeline {

Result<FrameId> Client::Impl::offer(const input::ImageView& image, Instant now) {
  if (stopped) return fail(ErrorCode::kDisposed, "a frame was offered after stop()");
  if (options.queue == QueuePolicy::kKeepAll && frames.count(FrameState::kWaiting) >= options.max_waiting) {
    return fail(ErrorCode::kTooManyInFlight, {options.max_waiting, " frames wait, the most that max_waiting allows"});
  }
  Frame frame;
  frame.width = image.width;
  frame.height = image.height;
  frame.offered = now;
  frame.deadline = now + std::chrono::milliseconds(options.budget_ms);
  frame.reason = "no question was asked";

  std::optional<AnswerKind> kind;
  const Instant gate_start = cost_clock != nullptr ? cost_clock->now() : Instant{};
  for (std::size_t i = 0; i < questions.size() && !kind; ++i) {
    const auto verdict = questions[i]->ask(image);
    log.record_question(now, i, verdict);
    if (!verdict) {
      if (verdict.error().code == ErrorCode::kInvalidImage) return fail(verdict.error());
      // A gate that fails must not lose frames: the model decides.
      frame.reason = join_text({questions[i]->name(), " failed, ", describe(verdict.error())});
      continue;
    }
    kind = verdict->answer;
    frame.score = verdict->score;
    frame.threshold = verdict->threshold;
    frame.reason = score_reason(questions[i]->name(), verdict->score, verdict->threshold, targets[i]);
  }
  if (cost_clock != nullptr && !questions.empty()) frame.cost.gate = cost_clock->now() - gate_start;

  frame.id = ++last_frame;
  Frame& added = frames.add(std::move(frame));
  const FrameId id = added.id;
  if (kind) {
    end_answered(added, *kind, {});
  } else if (link.terminal() && options.place == ModelPlace::kRemote) {
    end_failed(added, *link.terminal());
  } else {
    dispatch(now);
  }
  return id;
}

void Client::Impl::cancel(FrameId id, Instant now) {
  Frame* frame = frames.find(id);
  if (frame == nullptr) return;
  withdraw(*frame);
  end_failed(*frame, {ErrorCode::kCancelled, "cancelled by the caller"});
  dispatch(now);
}

void Client::Impl::dispatch(Instant now) {
  if (stopped) return;
  while (may_send(now) && has_remote_slot()) {
    Frame* frame = frames.oldest_waiting();
    if (frame == nullptr) break;
    want_payload(*frame);
  }
  while (may_run_here()) {
    Frame* frame = frames.oldest_waiting();
    if (frame == nullptr) break;
    want_local(*frame);
  }
  drop_superseded();
  if (link.draining() && frames.remote() == 0) {
    link.abort(1000, {ErrorCode::kShuttingDown, "the server is draining"}, now);
  }
}

void Client::Impl::drop_superseded() {
  if (options.queue != QueuePolicy::kNewestWins) return;
  while (Frame* frame = frames.superseded()) {
    end_failed(*frame, {ErrorCode::kSuperseded, "a newer frame took the place of this one"});
  }
}

void Client::Impl::expire(Instant now) {
  while (Frame* frame = frames.expired(now)) {
    Error error = expiry_error(*frame);
    withdraw(*frame);
    end_failed(*frame, std::move(error));
  }
}

Error Client::Impl::expiry_error(const Frame& frame) const {
  const std::string budget = join_text({"the budget of ", options.budget_ms, " ms is used up"});
  if (frame.state == FrameState::kWaiting && options.place != ModelPlace::kLocal && !link.serving()) {
    const ErrorCode code = frame.interrupted ? ErrorCode::kConnectionLost : ErrorCode::kNotConnected;
    return {code, join_text({budget, " without a connection (", describe(link.last_error()), ")"})};
  }
  return {ErrorCode::kDeadlineExpired, budget};
}

void Client::Impl::end_answered(Frame& frame, AnswerKind kind, std::vector<OutputTensor> outputs) {
  Answer answer;
  answer.frame = frame.id;
  answer.kind = kind;
  answer.reason = std::move(frame.reason);
  answer.score = frame.score;
  answer.threshold = frame.threshold;
  answer.outputs = std::move(outputs);
  answer.cost = frame.cost;
  forget(frame);
  events.push(Answered{std::move(answer)});
}

void Client::Impl::end_failed(Frame& frame, Error error) {
  Failed failed{frame.id, std::move(error), frame.cost};
  forget(frame);
  events.push(FrameFailed{std::move(failed)});
}

void Client::Impl::end_if(FrameId id, FrameState state, Error error, Instant now) {
  Frame* frame = frames.find(id);
  if (frame == nullptr || frame->state != state) return;
  end_failed(*frame, std::move(error));
  dispatch(now);
}

void Client::Impl::forget(Frame& frame) {
  const FrameId id = frame.id;
  frames.erase(id);
  // What the driver was to do for the frame, and has not yet heard of, need not be done.
  events.erase_if([&](const ClientEvent& event) {
    const auto* payload = std::get_if<PayloadWanted>(&event);
    const auto* local = std::get_if<LocalRunWanted>(&event);
    return (payload != nullptr && payload->frame == id) || (local != nullptr && local->frame == id);
  });
}

}  // namespace sluice::pipeline
