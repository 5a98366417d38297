// An input is offered, takes a route, and ends. See client_impl.hpp.
#include <algorithm>
#include <utility>

#include "core/pipeline/client_impl.hpp"
#include "core/pipeline/reason.hpp"
#include "core/wire/close_code.hpp"

namespace sluice::pipeline {
namespace {

bool refuses_input(ErrorCode code) { return code == ErrorCode::kInvalidImage || code == ErrorCode::kInvalidInput; }

}  // namespace

// How many channels an answer of both halves came of, its last output; nothing where it does not say, as one from behind a cut.
std::optional<std::int32_t> channels_of(std::span<const OutputTensor> outputs) {
  if (outputs.size() != 2 || outputs[1].name != wire::kChannelsOutput) return std::nullopt;
  if (outputs[1].tensor.type() != DataType::kInt32 || outputs[1].tensor.as<std::int32_t>().empty()) return std::nullopt;
  return outputs[1].tensor.as<std::int32_t>()[0];
}

Result<InputId> Client::Impl::offer(const input::InputView& view, const OwnForm& own, Instant now) {
  if (stopped) return sluice::fail(ErrorCode::kDisposed, "an input was offered after stop()");
  if (input::modality_of(view) != input::modality_of(manifest.model.input)) {
    return sluice::fail(ErrorCode::kInvalidInput, {"the bundle '", manifest.name, "' takes inputs of the kind '",
                                                   input::modality_name(input::modality_of(manifest.model.input)),
                                                   "'; this one is: ", to_string(input::extent_of(view))});
  }
  if (options.queue == QueuePolicy::kKeepAll && inputs.waiting() >= options.max_waiting) {
    return sluice::fail(ErrorCode::kTooManyInFlight,
                        {options.max_waiting, " inputs wait, the most that max_waiting allows"});
  }
  // Refused or not, a number is never used again: questions and the networks they share know inputs by it.
  Input& input = inputs.add(++last_input);
  input.extent = input::extent_of(view);
  input.own = own;
  input.offered = now;
  input.deadline = now + std::chrono::milliseconds(options.budget_ms);

  Verdict verdict;
  const Instant gate_start = cost_clock != nullptr ? cost_clock->now() : Instant{};
  const bool may_be_declined = promising != nullptr || (placing && placing->chooses());
  const AskContext context{view, input.id, now, may_be_declined};
  for (std::size_t i = 0; i < questions.size() && !verdict.kind; ++i) {
    auto asked = questions[i]->ask(context);
    log.record_question(now, i, asked);
    if (!asked) {
      if (refuses_input(asked.error().code)) {
        forget(input);
        return sluice::fail(asked.error());
      }
      // A question that fails must not lose inputs: the next one, or the model, decides.
      asked.error().message = join_text({questions[i]->name(), " failed, ", describe(asked.error())});
      input.question_failed = std::move(asked.error());
      continue;
    }
    verdict = std::move(*asked);
    if (promising) promising->asked(input, i, verdict);
    if (placing && verdict.kind) placing->hold(input, i, verdict);
    if (!verdict.kind || may_be_declined) input.passed_by |= 1U << i;
    input.asked_last = static_cast<std::int8_t>(i);
    input.score = verdict.score;
    input.threshold = verdict.threshold;
    input.note = verdict.note;
    input.question_failed.reset();
  }
  if (cost_clock != nullptr && !questions.empty()) input.cost.gate = cost_clock->now() - gate_start;

  const InputId id = input.id;
  if (verdict.kind) {
    end_answered(input, *verdict.kind, std::move(verdict.outputs));
  } else if (placing && placing->offered(input, now)) {
    return id;
  } else if (routes.empty()) {
    end_failed(input, {ErrorCode::kInvalidArgument, join_text({"none of the routes of the bundle '", manifest.name,
                                                               "' may be taken by this client; choose another "
                                                               "place for the model"})});
  } else {
    on_link(now);  // fails it at once where no route will ever be there
    dispatch(now);
    if (Input* still = placing ? inputs.find(id) : nullptr; still != nullptr && still->waiting())
      placing->plan_duplicate(*still, now);
  }
  return id;
}

void Client::Impl::cancel(InputId id, Instant now) {
  Input* input = inputs.find(id);
  if (input == nullptr) return;
  end_failed(*input, {ErrorCode::kCancelled, "cancelled by the caller"});
  dispatch(now);
}

// Where inputs are placed, what is expected to be quickest. Otherwise the first route that is there and expects to be in time; where none expects to be, the first that is there. One that would only fill
// in comes last.
Route* Client::Impl::choose_route(const Input& input, Instant now) {
  if (placing) {
    if (Route* placed = placing->place(input, now)) return placed;
  }
  Route* first = nullptr;
  Route* stopgap = nullptr;
  for (const auto& route : routes) {
    if (route->runs_beside() || !route->available(now)) continue;
    if (route->fills_in(now)) {
      if (stopgap == nullptr) stopgap = route.get();
      continue;
    }
    if (first == nullptr) first = route.get();
    const auto estimate = route->estimate(input.extent, now);
    if (!estimate || now + *estimate <= input.deadline) return route.get();
  }
  return first != nullptr ? first : stopgap;
}

void Client::Impl::begin(Input& input, Attempt& attempt, Route& route, Instant now) {
  attempt = Attempt{++last_attempt, input.id, &route, 0, now, {}, {}};
  if (placing && &attempt == &input.attempts[0]) placing->begin(input, attempt, now);
  route.begin(attempt, now);
}

void Client::Impl::dispatch(Instant now) {
  if (stopped) return;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Input& input = inputs.at(i);
    if (!input.awaits_route()) continue;
    Route* route = choose_route(input, now);
    if (placing && placing->answers(input)) {
      --i;  // it has ended
      continue;
    }
    if (route == nullptr || !route->has_room(now)) break;  // those behind it are younger and wait for the same
    if (!(placing ? placing->makes_it(input, *route, now) : route->makes_it(input.deadline, now))) continue;
    begin(input, input.attempts[0], *route, now);
    if (placing) {
      placing->plan_duplicate(input, now);
      continue;
    }
    for (const auto& beside : routes) {
      if (!beside->runs_beside() || !beside->available(now) || !beside->has_room(now)) continue;
      begin(input, input.attempts[1], *beside, now);
      break;
    }
  }
  if (promising) promising->begin_audits(now);
  while (options.queue == QueuePolicy::kNewestWins) {
    Input* old = inputs.superseded();
    if (old == nullptr) break;
    end_failed(*old, {ErrorCode::kSuperseded, "a newer input took the place of this one"});
  }
  if (remote != nullptr && link.draining() && remote->under_way() == 0) {
    link.abort(wire::kCloseNormal, {ErrorCode::kShuttingDown, "the server is draining"}, now);
  }
}

void Client::Impl::expire(Instant now) {
  while (inputs.size() != 0 && inputs.at(0).deadline <= now) {
    Input& input = inputs.at(0);
    if (input.kept) {
      end_kept(input, "nothing better came before the deadline");
    } else {
      end_failed(input, expiry_error(input));
    }
  }
}

Error Client::Impl::expiry_error(const Input& input) const {
  const std::string budget = join_text({"the budget of ", options.budget_ms, " ms is used up"});
  if (input.waiting() && remote != nullptr && !link.serving()) {
    const ErrorCode code = input.interrupted ? ErrorCode::kConnectionLost : ErrorCode::kNotConnected;
    return {code, join_text({budget, " without a connection (", describe(link.last_error()), ")"})};
  }
  return {ErrorCode::kDeadlineExpired, budget};
}

std::string Client::Impl::reason_of(const Input& input, AnswerKind kind, const std::vector<OutputTensor>& outputs,
                                    std::string_view why) const {
  if (input.question_failed) return input.question_failed->message;
  std::string reason;
  if (input.asked_last != Input::kNoQuestion) {
    const auto index = static_cast<std::size_t>(input.asked_last);
    const float error = promising ? promising->expected_error(index, input.score) : spent[index];
    reason = score_reason(questions[index]->name(), input.score, input.threshold, error);
  }
  const auto channels = kind == AnswerKind::kSplit ? channels_of(outputs) : std::nullopt;
  if (channels) append_text(reason, {reason.empty() ? "from " : ", from ", *channels, " channels of features"});
  if (!why.empty()) {
    append_text(reason, {reason.empty() ? "" : ", ", why});
  } else if (reason.empty()) {
    const auto passed =
        std::find_if(routes.begin(), routes.end(), [](const auto& route) { return !route->passed_over().empty(); });
    reason = passed == routes.end() ? std::string_view("no question was asked") : (*passed)->passed_over();
  }
  if (!input.note.empty()) append_text(reason, {", ", input.note});
  return reason;
}

void Client::Impl::end_answered(Input& input, AnswerKind kind, std::vector<OutputTensor> outputs,
                                std::string_view why) {
  if (placing) placing->close(input, kind);
  Answer answer;
  answer.input = input.id;
  answer.kind = kind;
  if (placing) why = placing->reason(input, why);
  answer.reason = reason_of(input, kind, outputs, why);
  answer.score = input.score;
  answer.threshold = input.threshold;
  answer.outputs = std::move(outputs);
  answer.cost = input.cost;
  answer.stopgap = input.stopgap;
  answer.variant = std::exchange(input.variant, {});
  answer.placement = std::move(input.placement);
  // What the full model said is what questions learn from; their own answers would teach them themselves.
  const bool full = (kind == AnswerKind::kRemote && answer.variant.empty()) || kind == AnswerKind::kLocal;
  const bool from_model = full && !input.stopgap;
  for (std::size_t i = 0; from_model && i < questions.size(); ++i) {
    if ((input.passed_by >> i & 1U) != 0) questions[i]->learn(answer, now_of_call);
  }
  if (placing) placing->learn(input, answer, from_model);
  answer.audited = promising && promising->answered(input, answer, from_model);
  if (answer.audited) {
    if (placing) placing->forget(input);
    for (Attempt& attempt : input.attempts) end_attempt(attempt);
    promising->audit(inputs.take(input.id), now_of_call);
  } else {
    forget(input);
  }
  events.push(Answered{std::move(answer)});
}

void Client::Impl::end_kept(Input& input, std::string_view why) {
  KeptResult kept = *std::move(input.kept);
  input.note = why;
  input.stopgap = true;
  end_answered(input, kept.kind, std::move(kept.outputs), kept.why);
}

void Client::Impl::end_failed(Input& input, Error error) {
  Failed failed{input.id, std::move(error), input.cost};
  forget(input);
  events.push(InputFailed{std::move(failed)});
}

void Client::Impl::end_attempt(Attempt& attempt) {
  if (attempt.id == 0) return;
  const AttemptId id = attempt.id;
  attempt.route->release(attempt);
  attempt = Attempt{};
  // What the driver was to do for it, and has not yet heard of, need not be done.
  bool unheard = false;
  events.erase_if([&](const ClientEvent& event) {
    const auto* wanted = std::get_if<RunWanted>(&event);
    const bool its = wanted != nullptr && wanted->attempt == id;
    unheard = unheard || its;
    return its;
  });
  if (unheard && placing) placing->driver_is_done(id, std::nullopt);
}

void Client::Impl::forget(Input& input) {
  if (placing) placing->forget(input);
  if (promising) promising->forget(input);
  for (Attempt& attempt : input.attempts) end_attempt(attempt);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if ((input.passed_by >> i & 1U) != 0) questions[i]->forget(input.id);
  }
  inputs.erase(input.id);
}

Input& Client::Impl::input_with(const Attempt& attempt) {
  Input* under_way = inputs.find(attempt.input);
  return under_way != nullptr ? *under_way : *promising->find_audit(attempt.input);
}

Attempt* Client::Impl::find_attempt(AttemptId id) {
  Attempt* attempt = inputs.find_attempt(id);
  return attempt == nullptr && promising ? promising->find_attempt(id) : attempt;
}

OnwardChoice Client::Impl::half_way(Attempt& attempt, const HalfWay& there) {
  if (input_with(attempt).audit) return {.way = Onward::kGoOn};
  const OnwardChoice promised = promising ? promising->half_way(attempt, there) : OnwardChoice{};
  if (promising && !(placing && placing->chooses())) return promised;
  const OnwardChoice chosen = placing ? placing->half_way(attempt, there) : OnwardChoice{};
  const bool allowed = !promising || promised.way == Onward::kAnswer;
  return chosen.way == Onward::kAnswer && !allowed ? promised : chosen;
}

AttemptInput Client::Impl::input_of(const Attempt& attempt) {
  Input& input = input_with(attempt);
  AttemptInput about{input.extent, input.offered, input.deadline, &input.cost, {}, &input.variant, input.audit};
  for (std::size_t i = 0; !input.audit && i < questions.size() && about.key.embedding.empty(); ++i) {
    if ((input.passed_by >> i & 1U) == 0) continue;
    about.key = questions[i]->shared_key(input.id);
    if (promising) about.key.max_distance = promising->own_threshold(i);
  }
  return about;
}

void Client::Impl::want(const Attempt& attempt, Work work) {
  events.push(RunWanted{attempt.id, attempt.input, std::move(work)});
}

void Client::Impl::answer(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor> outputs, std::string why) {
  if (Input& audited = input_with(attempt); audited.audit)
    return promising->audit_answered(audited, kind, std::move(outputs));
  if (kind == AnswerKind::kReused) inputs.find(attempt.input)->note = "but the server remembers a near one";
  end_answered(*inputs.find(attempt.input), kind, std::move(outputs), why);
}

void Client::Impl::keep(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor> outputs, std::string why) {
  Input& input = input_with(attempt);
  if (!input.audit) input.kept = KeptResult{kind, std::move(outputs), std::move(why)};
}

void Client::Impl::fail(Attempt& attempt, Error error) {
  Input& input = input_with(attempt);
  if (input.audit) return promising->audit_failed(input);
  const bool still_waits = input.beside_first && &attempt == &input.attempts[1];  // for an attempt of its own
  end_attempt(attempt);
  if (!input.waiting() || still_waits) return;
  if (input.kept) return end_kept(input, join_text({"nothing better came, ", describe(error)}));
  // What came out too large for the link is not lost where the model is here.
  if (error.code == ErrorCode::kDeadlineExpired && placing && placing->takes_over(input, now_of_call)) return;
  end_failed(input, std::move(error));
}

void Client::Impl::retry(Attempt& attempt, bool interrupted) {
  Input& input = input_with(attempt);
  end_attempt(attempt);
  if (input.audit) return;  // waits again
  input.interrupted = input.interrupted || interrupted;
  if (placing) placing->plan_duplicate(input, now_of_call);  // it waits again, and may be late for that
}

}  // namespace sluice::pipeline
