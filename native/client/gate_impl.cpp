#include "native/client/gate_impl.hpp"

#include <algorithm>
#include <new>
#include <type_traits>

#include "core/adapt/placement/jpeg_quantiser.hpp"
#include "core/pipeline/decision_guess.hpp"
#include "core/pipeline/decision_halves.hpp"
#include "core/pipeline/decision_stage.hpp"
#include "core/wire/traceparent.hpp"
#include "core/wire/utf8.hpp"

namespace sluice::client {

pipeline::OwnForm own_form_of(std::string_view jpeg) {
  if (jpeg.empty()) return {};
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(jpeg.data());
  const auto quantiser = adapt::jpeg_quantiser({bytes, jpeg.size()});
  return {wire::Encoding::kJpeg, jpeg.size(), static_cast<float>(quantiser.value_or(0))};
}

namespace {

using pipeline::ConnectionState;

constexpr std::size_t kSpareInputs = 8;
constexpr std::size_t kAnswered = 1024;

// On a worker's thread nobody else catches what a library throws for want of memory; the input alone fails.
template <typename Work>
auto guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "there is not enough memory for this input");
  }
}

}  // namespace

void Gate::Impl::start() {
  update([](pipeline::Client& client, Instant now) { client.start(now); });
}

template <typename Change>
void Gate::Impl::update(Change change) {
  Deliveries deliveries;
  {
    const std::lock_guard lock(mutex_);
    change(*version_.pipeline, steady_now());
    carry_out(deliveries);
    settle(deliveries);
  }
  deliver(deliveries);
  attend();
}

void Gate::Impl::tell(Notice notice) {
  {
    const std::lock_guard lock(notices_mutex_);
    notices_.push_back(std::move(notice));
  }
  attend();
}

// A notice that comes while somebody holds the pipeline is seen here by that one, after letting go.
void Gate::Impl::attend() {
  for (;;) {
    {
      const std::lock_guard lock(notices_mutex_);
      if (notices_.empty()) return;
    }
    Deliveries deliveries;
    {
      const std::unique_lock lock(mutex_, std::try_to_lock);
      if (!lock) return;
      settle(deliveries);
    }
    deliver(deliveries);
  }
}

void Gate::Impl::settle(Deliveries& deliveries) {
  for (;;) {
    {
      const std::lock_guard lock(notices_mutex_);
      if (notices_.empty()) return;
      std::swap(attending_, notices_);
    }
    for (Notice& notice : attending_) {
      apply(notice);
      carry_out(deliveries);
    }
    attending_.clear();
  }
}

void Gate::Impl::apply(Notice& notice) {
  const Instant now = steady_now();
  if (std::holds_alternative<Opened>(notice)) {
    version_.pipeline->connected(now);
  } else if (const auto* received = std::get_if<Received>(&notice)) {
    version_.pipeline->receive(as_bytes(received->message), now);
  } else if (const auto* sent = std::get_if<Sent>(&notice)) {
    version_.pipeline->sent(sent->bytes, now);
  } else if (auto* closed = std::get_if<Closed>(&notice)) {
    version_.pipeline->disconnected(std::move(closed->why), now);
  } else if (const auto* encoded = std::get_if<Encoded>(&notice)) {
    take_payload(encoded->attempt, encoded->input, {encoded->encoding, as_bytes(encoded->bytes)}, encoded->took);
  } else if (auto* ran = std::get_if<Ran>(&notice)) {
    record(*ran, now);
    const auto pending = pending_.find(ran->input);
    const std::string_view trace = pending != pending_.end() ? pending->second.traceparent : std::string_view();
    version_.pipeline->submit(ran->attempt, pipeline::StageOutputs(std::move(ran->outputs), trace, ran->multiply_adds),
                              ran->took, now);
  } else if (auto* failed = std::get_if<WorkFailed>(&notice)) {
    version_.pipeline->fail(failed->attempt, std::move(failed->why), now);
  } else {
    armed_ = kNever;
    version_.pipeline->tick(now);
  }
}

// What of a result decides, before the line of the result.
void Gate::Impl::record(const Ran& ran, Instant now) {
  if (options_.decisions == nullptr || log_ended_) return;
  if (ran.by == Ran::By::kDeviceHalf) options_.decisions->line(pipeline::halves_line(now, ran.took, ran.outputs));
  if (ran.by == Ran::By::kDeviceHalf && options_.pipeline.choose)
    options_.decisions->line(pipeline::guess_line(now, ran.outputs));
  if (ran.by == Ran::By::kStage)
    options_.decisions->line(pipeline::stage_line(now, ran.took, ran.multiply_adds, ran.outputs));
  if (ran.by == Ran::By::kCut) options_.decisions->line(pipeline::cut_line(now, ran.took, ran.outputs));
}

Result<pipeline::InputId> Gate::Impl::submit(const input::InputView& input, InputOptions options,
                                             std::promise<Outcome>* promise) {
  if (!options.traceparent.empty() && !wire::read_traceparent(options.traceparent)) {
    return fail(ErrorCode::kInvalidArgument, {"traceparent ", wire::quoted(options.traceparent),
                                              " is not in the form of W3C Trace Context, version 00"});
  }
  if (auto sound = HeldInput::check(input); !sound) return fail(sound.error());
  if (!options_.pipeline.place_forms && !options_.pipeline.choose) options.jpeg.clear();
  const pipeline::OwnForm own = own_form_of(options.jpeg);
  Deliveries deliveries;
  Result<pipeline::InputId> id = 0;
  {
    const std::lock_guard lock(mutex_);
    const Result<void> room = check_room();
    const auto inner = room ? version_.pipeline->offer(input, steady_now(), own) : fail(room.error());
    if (inner) {
      Pending& pending = pending_[*inner];
      id = pending.id = ++last_input_;
      pending.traceparent = std::move(options.traceparent);
      pending.jpeg = std::move(options.jpeg);
      if (promise != nullptr) pending.promise = std::move(*promise);
      submitting_ = &input;
    } else {
      id = fail(inner.error());
    }
    carry_out(deliveries);
    submitting_ = nullptr;
    // Only an input whose outcome is still to come needs to be kept.
    if (inner) {
      if (const auto pending = pending_.find(*inner); pending != pending_.end() && pending->second.input == nullptr) {
        pending->second.input = hold(input);
      }
    }
    settle(deliveries);
  }
  deliver(deliveries);
  attend();
  return id;
}

Result<void> Gate::Impl::check_room() const {
  {
    const std::lock_guard lock(outcomes_mutex_);
    if (outcomes_.size() + pending_.size() + again_.size() >= options_.max_unread_outcomes) {
      return fail(ErrorCode::kTooManyInFlight, {options_.max_unread_outcomes,
                                                " outcomes are unread or still to come, the most that "
                                                "max_unread_outcomes allows"});
    }
  }
  if (options_.pipeline.queue == pipeline::QueuePolicy::kKeepAll && !again_.empty()) {
    return fail(ErrorCode::kTooManyInFlight,
                {again_.size(), " inputs wait to be offered to the bundle's other version"});
  }
  return {};
}

void Gate::Impl::attend_to_events(Deliveries& deliveries) {
  while (auto event = version_.pipeline->next_event()) {
    if (const auto* audit = std::get_if<pipeline::AuditEnded>(&*event)) {
      end_audit(*audit);
    } else if (std::get_if<pipeline::PromiseChanged>(&*event) != nullptr) {
      report_promise();
    } else if (auto* answered = std::get_if<pipeline::Answered>(&*event)) {
      if (answered->answer.cost.bytes_down > 0)
        renewals_in_a_row_ = 0;  // a guess, or an exit here, comes without a server
      const pipeline::InputId inner = answered->answer.input;
      end(inner, std::move(answered->answer), deliveries);
    } else if (auto* failed = std::get_if<pipeline::InputFailed>(&*event)) {
      const pipeline::InputId inner = failed->failed.input;
      end(inner, std::move(failed->failed), deliveries);
    } else if (auto* wanted = std::get_if<pipeline::RunWanted>(&*event)) {
      begin(std::move(*wanted));
    } else if (std::get_if<pipeline::ConnectWanted>(&*event) != nullptr) {
      transport_->connect();
    } else if (const auto* close = std::get_if<pipeline::CloseWanted>(&*event)) {
      send_messages();  // what is to be said before the close goes first
      transport_->close(close->code);
    } else if (const auto* changed = std::get_if<pipeline::StateChanged>(&*event)) {
      if (begin_renewal(*changed)) continue;
      report({changed->state, changed->why, changed->retry_in_ms});
    }
  }
}

void Gate::Impl::carry_out(Deliveries& deliveries) {
  do {
    attend_to_events(deliveries);
  } while (offer_again(deliveries));
  if (transport_ != nullptr) send_messages();
  const Instant next = version_.pipeline->next_deadline();
  if (next == armed_) return;
  armed_ = next;
  alarm_->set(next);
}

void Gate::Impl::send_messages() {
  while (const std::string* message = version_.pipeline->next_message()) transport_->send(*message);
}

void Gate::Impl::report(ConnectionStatus status) {
  const std::lock_guard lock(outcomes_mutex_);
  status_ = std::move(status);
  if (options_.on_connection) changes_.push_back(status_);
  connection_changed_.notify_all();
}

void Gate::Impl::report_promise() {
  auto standing = version_.pipeline->promise();
  if (!options_.on_promise || !standing) return;
  const std::lock_guard lock(outcomes_mutex_);
  promise_change_ = *standing;
}

void Gate::Impl::end(pipeline::InputId inner, Outcome outcome, Deliveries& deliveries) {
  const auto found = pending_.find(inner);
  if (found == pending_.end()) return;
  Pending pending = std::move(found->second);
  pending_.erase(found);
  if (const auto* answer = std::get_if<pipeline::Answer>(&outcome);
      answer != nullptr && options_.pipeline.live_promise) {
    if (answered_.size() == kAnswered) answered_.pop_front();
    answered_.emplace_back(pending.id, inner);
    if (answer->audited) {
      if (pending.input == nullptr) pending.input = hold(*submitting_);
      Pending& audited = audited_[inner];
      audited.id = pending.id;
      audited.input = std::exchange(pending.input, nullptr);
    }
  }
  finish(std::move(pending), std::move(outcome), deliveries);
}

void Gate::Impl::end_audit(const pipeline::AuditEnded& ended) {
  const auto found = audited_.find(ended.input);
  if (found == audited_.end()) return;
  let_go(std::move(found->second.input));
  audited_.erase(found);
}

void Gate::Impl::let_go(std::shared_ptr<SharedInput> input) {
  if (input == nullptr) return;
  input->ended = true;
  if (input.use_count() == 1 && spare_inputs_.size() < kSpareInputs) spare_inputs_.push_back(std::move(input));
}

void Gate::Impl::finish(Pending pending, Outcome outcome, Deliveries& deliveries) {
  std::visit([&](auto& ended) { ended.input = pending.id; }, outcome);
  let_go(std::move(pending.input));
  if (pending.promise) {
    deliveries.emplace_back(std::move(*pending.promise), std::move(outcome));
    return;
  }
  const std::lock_guard lock(outcomes_mutex_);
  outcomes_.push_back(std::move(outcome));
  outcome_came_.notify_one();
}

void Gate::Impl::begin(pipeline::RunWanted wanted) {
  Pending* const found = find_pending(wanted.input);
  if (found == nullptr) return;
  if (const auto* encode = std::get_if<pipeline::Encode>(&wanted.work); encode != nullptr && encode->own) {
    const pipeline::Payload file{wire::Encoding::kJpeg, as_bytes(found->jpeg)};
    return take_payload(wanted.attempt, wanted.input, file, Duration::zero());
  }
  std::shared_ptr<SharedInput>& input = found->input;
  if (input == nullptr) input = hold(*submitting_);
  worker_of(wanted.work).post(std::move(wanted), input);
}

Gate::Impl::Pending* Gate::Impl::find_pending(pipeline::InputId inner) {
  for (auto* of : {&pending_, &audited_}) {
    if (const auto found = of->find(inner); found != of->end()) return &found->second;
  }
  return nullptr;
}

Worker& Gate::Impl::worker_of(const pipeline::Work& work) const {
  const auto* stage = std::get_if<pipeline::RunStage>(&work);
  if (stage == nullptr) return *version_.encoder;
  if (version_.stand_in != nullptr && stage->part == version_.stand_in_part) return *version_.stand_in;
  const auto& split = version_.bundle.manifest.split;
  const bool of_device = split && version_.device != nullptr && stage->part == split->device;
  return of_device ? *version_.device : *version_.model;
}

void Gate::Impl::take_payload(pipeline::AttemptId attempt, pipeline::InputId inner, pipeline::Payload payload,
                              Duration took) {
  if (const Pending* found = find_pending(inner)) payload.traceparent = found->traceparent;
  version_.pipeline->submit(attempt, payload, took, steady_now());
}

std::shared_ptr<SharedInput> Gate::Impl::hold(const input::InputView& input) {
  std::shared_ptr<SharedInput> held;
  if (spare_inputs_.empty()) {
    held = std::make_shared<SharedInput>();
  } else {
    held = std::move(spare_inputs_.back());
    spare_inputs_.pop_back();
    std::atomic_thread_fence(std::memory_order_acquire);  // after the worker that let go of it
    held->ended = false;
  }
  static_cast<void>(held->held.assign(input));  // submit() has checked it
  return held;
}

void Gate::Impl::encode(InputEncoder& encoder, const pipeline::RunWanted& wanted, const input::InputView& input) {
  const Instant begin = steady_now();
  const auto payload = guarded([&] { return encoder.encode(input, std::get<pipeline::Encode>(wanted.work)); });
  const Duration took = steady_now() - begin;
  if (!payload) return tell(WorkFailed{wanted.attempt, payload.error()});
  Deliveries deliveries;
  {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) {
      const auto* bytes = reinterpret_cast<const char*>(payload->bytes.data());
      return tell(
          Encoded{wanted.attempt, wanted.input, payload->encoding, std::string(bytes, payload->bytes.size()), took});
    }
    settle(deliveries);
    take_payload(wanted.attempt, wanted.input, *payload, took);
    carry_out(deliveries);
    settle(deliveries);
  }
  deliver(deliveries);
  attend();
}

template <typename RunnableStage>
void Gate::Impl::run(RunnableStage& stage, const pipeline::RunWanted& wanted, const input::InputView& input) {
  const Instant begin = steady_now();
  auto outputs = guarded([&] { return stage.run(input); });
  const Duration took = steady_now() - begin;
  if (!outputs) return tell(WorkFailed{wanted.attempt, outputs.error()});
  constexpr bool kHalf = std::is_same_v<RunnableStage, split::DeviceHalf>;
  tell(Ran{wanted.attempt, wanted.input, std::move(*outputs), took, 0, kHalf ? Ran::By::kDeviceHalf : Ran::By::kModel});
}

template void Gate::Impl::run(run::Program&, const pipeline::RunWanted&, const input::InputView&);
template void Gate::Impl::run(split::DeviceHalf&, const pipeline::RunWanted&, const input::InputView&);

void Gate::Impl::run_stage(exits::StagedProgram& program, const pipeline::RunWanted& wanted,
                           const input::InputView& input) {
  const auto& work = std::get<pipeline::RunStage>(wanted.work);
  const std::uint64_t counted = program.model().counts().multiply_adds;
  const Instant begin = steady_now();
  auto outputs = guarded([&] {
    return work.coded ? program.code(wanted.attempt, work.stage)
                      : program.run(wanted.attempt, input, work.stage, work.with_exit);
  });
  const Duration took = steady_now() - begin;
  if (!outputs) return tell(WorkFailed{wanted.attempt, outputs.error()});
  tell(Ran{wanted.attempt, wanted.input, std::move(*outputs), took, program.model().counts().multiply_adds - counted,
           work.coded ? Ran::By::kCut : Ran::By::kStage});
}

void Gate::Impl::Version::stop_workers() {
  for (Worker* worker : {encoder.get(), model.get(), device.get(), stand_in.get()}) {
    if (worker != nullptr) worker->stop();
  }
}

void Gate::Impl::deliver(Deliveries& deliveries) {
  if (options_.on_connection || options_.on_promise) report_changes();
  for (auto& [promise, outcome] : deliveries) promise.set_value(std::move(outcome));
}

void Gate::Impl::report_changes() {
  const std::lock_guard reporting(reporting_);
  for (;;) {
    ConnectionStatus status;
    std::optional<pipeline::PromiseStanding> standing;
    {
      const std::lock_guard lock(outcomes_mutex_);
      std::swap(standing, promise_change_);
      if (changes_.empty() && !standing) return;
      if (!standing) {
        status = std::move(changes_.front());
        changes_.pop_front();
      }
    }
    if (standing) {
      options_.on_promise(*standing);
    } else {
      options_.on_connection(status);
    }
  }
}

std::optional<Outcome> Gate::Impl::next_outcome(std::chrono::milliseconds timeout) {
  std::unique_lock lock(outcomes_mutex_);
  outcome_came_.wait_for(lock, timeout, [this] { return !outcomes_.empty(); });
  if (outcomes_.empty()) return std::nullopt;
  std::optional<Outcome> outcome = std::move(outcomes_.front());
  outcomes_.pop_front();
  return outcome;
}

void Gate::Impl::cancel(pipeline::InputId input) {
  Deliveries deliveries;
  update([&](pipeline::Client& client, Instant now) {
    const auto under_way = std::ranges::find(pending_, input, [](const auto& entry) { return entry.second.id; });
    if (under_way != pending_.end()) return client.cancel(under_way->first, now);
    const auto waiting = std::ranges::find(again_, input, &Pending::id);
    if (waiting == again_.end()) return;
    Pending pending = std::move(*waiting);
    again_.erase(waiting);
    finish(std::move(pending), pipeline::Failed{0, {ErrorCode::kCancelled, "cancelled by the caller"}, {}}, deliveries);
  });
  deliver(deliveries);
}

ConnectionStatus Gate::Impl::wait_for_connection(std::chrono::milliseconds timeout) {
  std::unique_lock lock(outcomes_mutex_);
  if (transport_ == nullptr) return status_;
  connection_changed_.wait_for(lock, timeout, [this] {
    return status_.state == ConnectionState::kReady || status_.state == ConnectionState::kBackingOff ||
           status_.state == ConnectionState::kStopped;
  });
  return status_;
}

ConnectionStatus Gate::Impl::connection() const {
  const std::lock_guard lock(outcomes_mutex_);
  return status_;
}

std::optional<Duration> Gate::Impl::round_trip_time() {
  std::optional<Duration> time;
  update([&](pipeline::Client& client, Instant) { time = client.round_trip_time(); });
  return time;
}

std::optional<pipeline::PromiseStanding> Gate::Impl::promise() const {
  const std::lock_guard lock(mutex_);
  return version_.pipeline->promise();
}

std::string Gate::Impl::save_promise() const {
  const std::lock_guard lock(mutex_);
  return version_.pipeline->save_promise();
}

Result<void> Gate::Impl::feedback(pipeline::InputId input, bool wrong) {
  Result<void> taken;
  update([&](pipeline::Client& client, Instant now) {
    const auto found = std::ranges::find(answered_, input, [](const auto& pair) { return pair.first; });
    taken = client.feedback(found != answered_.end() ? found->second : 0, wrong, now);
  });
  if (!taken && taken.error().code == ErrorCode::kNotFound) {
    return fail(ErrorCode::kNotFound, {"input ", input,
                                       " is not among the last that were answered without the full "
                                       "model, or feedback was given on it before"});
  }
  return taken;
}

float Gate::Impl::set_accuracy_target(float target) {
  float kept = 0;
  update([&](pipeline::Client& client, Instant) {
    kept = client.set_accuracy_target(target);
    accuracy_target_ = target;
  });
  return kept;
}

pipeline::Manifest Gate::Impl::manifest() const {
  const std::lock_guard lock(mutex_);
  return version_.bundle.manifest;
}

std::uint64_t Gate::Impl::model_multiply_adds() const {
  const std::lock_guard lock(mutex_);
  return version_.model_multiply_adds;
}

void Gate::Impl::close() {
  std::call_once(closing_, [this] {
    stop_renewal();
    if (version_.pipeline != nullptr) {
      Deliveries deliveries;
      update([&](pipeline::Client& client, Instant now) {
        client.stop(now);
        client.record_to(nullptr);
        log_ended_ = true;
        for (Pending& pending : again_) {
          finish(std::move(pending), pipeline::Failed{0, {ErrorCode::kCancelled, "the gate was closed"}, {}},
                 deliveries);
        }
        again_.clear();
      });
      deliver(deliveries);
    }
    if (transport_ != nullptr) transport_->shutdown();
    version_.stop_workers();
    if (alarm_ != nullptr) alarm_->stop();
  });
}

}  // namespace sluice::client
