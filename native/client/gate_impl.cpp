#include "native/client/gate_impl.hpp"

#include <algorithm>
#include <new>

#include "core/pipeline/full_model.hpp"
#include "native/client/server_address.hpp"

namespace sluice::client {
namespace {

using pipeline::ConnectionState;
using pipeline::ModelPlace;

constexpr std::size_t kSpareInputs = 8;
constexpr std::string_view kProgram = "sluice-native/" SLUICE_VERSION;

bool runs_locally(ModelPlace place) { return place != ModelPlace::kRemote; }
bool runs_remotely(ModelPlace place) { return place != ModelPlace::kLocal; }

// The parts that this client reads itself: those of the questions, and the full model where it may run here.
std::vector<std::string> needed_parts(const pipeline::Manifest& manifest, const GateOptions& options) {
  std::vector<std::string> parts;
  if (options.ask_filter) parts = pipeline::question_parts(manifest);
  const std::string& model = manifest.model.part;
  if (runs_locally(options.pipeline.place) && std::ranges::find(parts, model) == parts.end()) parts.push_back(model);
  return parts;
}

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

Result<std::unique_ptr<Gate::Impl>> Gate::Impl::create(const std::filesystem::path& folder, GateOptions options) {
  auto manifest = bundle::read_manifest(folder);
  if (!manifest) return fail(manifest.error());
  auto bundle = bundle::read_bundle(folder, needed_parts(*manifest, options));
  if (!bundle) return fail(bundle.error());
  if (options.accuracy_target && !(*options.accuracy_target > 0 && *options.accuracy_target <= 1)) {
    return fail(ErrorCode::kInvalidArgument, "an accuracy target of " + std::to_string(*options.accuracy_target) +
                                                 "; it must be above 0 and at most 1");
  }
  std::unique_ptr<Impl> impl(new Impl(std::move(*bundle), std::move(options)));
  if (auto made = impl->make_pipeline(); !made) return fail(made.error());
  impl->alarm_ = std::make_unique<Alarm>([gate = impl.get()] { gate->tell(TimeCame{}); });
  if (auto made = impl->make_local_side(); !made) return fail(made.error());
  if (auto made = impl->make_remote_side(); !made) return fail(made.error());
  return impl;
}

Gate::Impl::Impl(bundle::Bundle bundle, GateOptions options)
    : bundle_(std::move(bundle)), options_(std::move(options)) {}

Result<void> Gate::Impl::make_pipeline() {
  const pipeline::Manifest& manifest = bundle_.manifest;
  std::vector<std::unique_ptr<pipeline::Question>> questions;
  if (options_.ask_filter) {
    auto made = pipeline::make_questions(manifest, bundle_.part_bytes(), run::full_loading());
    if (!made) return fail(made.error());
    questions = std::move(*made);
  }
  pipeline::ClientOptions options = options_.pipeline;
  if (options.client_name == pipeline::ClientOptions{}.client_name) options.client_name = kProgram;
  pipeline_ = std::make_unique<pipeline::Client>(manifest, std::move(questions), options, &clock_);
  if (options_.accuracy_target) pipeline_->set_accuracy_target(*options_.accuracy_target);
  if (options_.decisions != nullptr) pipeline_->record_to(options_.decisions);
  return {};
}

Result<void> Gate::Impl::make_local_side() {
  if (!runs_locally(options_.pipeline.place)) return {};
  const pipeline::Manifest& manifest = bundle_.manifest;
  auto program = pipeline::load_full_model(manifest, bundle_.part(manifest.model.part), run::full_loading());
  if (!program) return fail(program.error());
  model_ = std::make_unique<Worker>(
      [this, held = std::make_shared<run::Program>(std::move(*program))](
          const pipeline::RunWanted& wanted, const input::InputView& input) { run(*held, wanted, input); });
  return {};
}

Result<void> Gate::Impl::make_remote_side() {
  auto encoder = InputEncoder::create(options_.jpeg_quality);
  if (!encoder) return fail(encoder.error());
  if (!runs_remotely(options_.pipeline.place)) return {};
  auto url = stream_url(options_.server);
  if (!url) return fail(url.error());
  encoder_ = std::make_unique<Worker>(
      [this, held = std::make_shared<InputEncoder>(std::move(*encoder))](
          const pipeline::RunWanted& wanted, const input::InputView& input) { encode(*held, wanted, input); });
  TransportOptions transport;
  transport.url = std::move(*url);
  transport.subprotocol = wire::kSubprotocol;
  transport.user_agent = kProgram;
  transport.token = options_.token;
  transport.ca_file = options_.ca_file.string();
  transport.max_message_bytes = options_.pipeline.max_message_bytes;
  transport.connect_timeout_ms = options_.pipeline.handshake_timeout_ms;
  TransportCallbacks callbacks;
  callbacks.opened = [this] { tell(Opened{}); };
  callbacks.received = [this](std::string message) { tell(Received{std::move(message)}); };
  callbacks.sent = [this](std::size_t bytes) { tell(Sent{bytes}); };
  callbacks.closed = [this](ErrorCode code, const std::string& why) { tell(Closed{Error{code, why}}); };
  std::string error;
  transport_ = make_websocket_transport(transport, std::move(callbacks), error);
  if (transport_ == nullptr) return fail(ErrorCode::kInvalidArgument, error);
  return {};
}

void Gate::Impl::start() {
  update([](pipeline::Client& client, Instant now) { client.start(now); });
}

template <typename Change>
void Gate::Impl::update(Change change) {
  Deliveries deliveries;
  {
    const std::lock_guard lock(mutex_);
    change(*pipeline_, steady_now());
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
    pipeline_->connected(now);
  } else if (const auto* received = std::get_if<Received>(&notice)) {
    pipeline_->receive(as_bytes(received->message), now);
  } else if (const auto* sent = std::get_if<Sent>(&notice)) {
    pipeline_->sent(sent->bytes, now);
  } else if (auto* closed = std::get_if<Closed>(&notice)) {
    pipeline_->disconnected(std::move(closed->why), now);
  } else if (const auto* encoded = std::get_if<Encoded>(&notice)) {
    pipeline_->submit(encoded->attempt, pipeline::Payload{encoded->encoding, as_bytes(encoded->bytes)}, encoded->took,
                      now);
  } else if (auto* ran = std::get_if<Ran>(&notice)) {
    pipeline_->submit(ran->attempt, std::move(ran->outputs), ran->took, now);
  } else if (auto* failed = std::get_if<WorkFailed>(&notice)) {
    pipeline_->fail(failed->attempt, std::move(failed->why), now);
  } else {
    armed_ = kNever;
    pipeline_->tick(now);
  }
}

Result<pipeline::InputId> Gate::Impl::submit(const input::InputView& input, std::promise<Outcome>* promise) {
  if (auto sound = HeldInput::check(input); !sound) return fail(sound.error());
  Deliveries deliveries;
  Result<pipeline::InputId> id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (has_room_for_outcome()) {
      id = pipeline_->offer(input, steady_now());
    } else {
      id = fail(ErrorCode::kTooManyInFlight, {options_.max_unread_outcomes,
                                              " outcomes are unread or still to come, the most that "
                                              "max_unread_outcomes allows"});
    }
    if (id) {
      Pending& pending = pending_[*id];
      if (promise != nullptr) pending.promise = std::move(*promise);
      submitting_ = &input;
    }
    carry_out(deliveries);
    submitting_ = nullptr;
    // Only an input whose outcome is still to come needs to be kept.
    if (id) {
      if (const auto pending = pending_.find(*id); pending != pending_.end() && pending->second.input == nullptr) {
        pending->second.input = hold(input);
      }
    }
    settle(deliveries);
  }
  deliver(deliveries);
  attend();
  return id;
}

bool Gate::Impl::has_room_for_outcome() const {
  const std::lock_guard lock(outcomes_mutex_);
  return outcomes_.size() + pending_.size() < options_.max_unread_outcomes;
}

void Gate::Impl::carry_out(Deliveries& deliveries) {
  while (auto event = pipeline_->next_event()) {
    if (auto* answered = std::get_if<pipeline::Answered>(&*event)) {
      const pipeline::InputId id = answered->answer.input;
      finish(id, std::move(answered->answer), deliveries);
    } else if (auto* failed = std::get_if<pipeline::InputFailed>(&*event)) {
      const pipeline::InputId id = failed->failed.input;
      finish(id, std::move(failed->failed), deliveries);
    } else if (auto* wanted = std::get_if<pipeline::RunWanted>(&*event)) {
      begin(std::move(*wanted));
    } else if (std::get_if<pipeline::ConnectWanted>(&*event) != nullptr) {
      transport_->connect();
    } else if (const auto* close = std::get_if<pipeline::CloseWanted>(&*event)) {
      send_messages();  // what is to be said before the close goes first
      transport_->close(close->code);
    } else if (const auto* changed = std::get_if<pipeline::StateChanged>(&*event)) {
      const std::lock_guard lock(outcomes_mutex_);
      status_ = {changed->state, changed->why, changed->retry_in_ms};
      if (options_.on_connection) changes_.push_back(status_);
      connection_changed_.notify_all();
    }
  }
  if (transport_ != nullptr) send_messages();
  const Instant next = pipeline_->next_deadline();
  if (next == armed_) return;
  armed_ = next;
  alarm_->set(next);
}

void Gate::Impl::send_messages() {
  while (const std::string* message = pipeline_->next_message()) transport_->send(*message);
}

void Gate::Impl::finish(pipeline::InputId id, Outcome outcome, Deliveries& deliveries) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  Pending pending = std::move(found->second);
  pending_.erase(found);
  if (pending.input != nullptr) {
    pending.input->ended = true;
    if (pending.input.use_count() == 1 && spare_inputs_.size() < kSpareInputs) {
      spare_inputs_.push_back(std::move(pending.input));
    }
  }
  if (pending.promise) {
    deliveries.emplace_back(std::move(*pending.promise), std::move(outcome));
    return;
  }
  const std::lock_guard lock(outcomes_mutex_);
  outcomes_.push_back(std::move(outcome));
  outcome_came_.notify_one();
}

void Gate::Impl::begin(pipeline::RunWanted wanted) {
  const auto found = pending_.find(wanted.input);
  if (found == pending_.end()) return;
  std::shared_ptr<SharedInput>& input = found->second.input;
  if (input == nullptr) input = hold(*submitting_);
  Worker& worker = std::holds_alternative<pipeline::Encode>(wanted.work) ? *encoder_ : *model_;
  worker.post(std::move(wanted), input);
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
      return tell(Encoded{wanted.attempt, payload->encoding, std::string(bytes, payload->bytes.size()), took});
    }
    settle(deliveries);
    pipeline_->submit(wanted.attempt, *payload, took, steady_now());
    carry_out(deliveries);
    settle(deliveries);
  }
  deliver(deliveries);
  attend();
}

void Gate::Impl::run(run::Program& program, const pipeline::RunWanted& wanted, const input::InputView& input) {
  const Instant begin = steady_now();
  auto outputs = guarded([&] { return program.run(input); });
  const Duration took = steady_now() - begin;
  if (!outputs) return tell(WorkFailed{wanted.attempt, outputs.error()});
  tell(Ran{wanted.attempt, std::move(*outputs), took});
}

void Gate::Impl::deliver(Deliveries& deliveries) {
  if (options_.on_connection) report_changes();
  for (auto& [promise, outcome] : deliveries) promise.set_value(std::move(outcome));
}

void Gate::Impl::report_changes() {
  const std::lock_guard reporting(reporting_);
  for (;;) {
    ConnectionStatus status;
    {
      const std::lock_guard lock(outcomes_mutex_);
      if (changes_.empty()) return;
      status = std::move(changes_.front());
      changes_.pop_front();
    }
    options_.on_connection(status);
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
  update([input](pipeline::Client& client, Instant now) { client.cancel(input, now); });
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

float Gate::Impl::set_accuracy_target(float target) {
  float kept = 0;
  update([&](pipeline::Client& client, Instant) { kept = client.set_accuracy_target(target); });
  return kept;
}

void Gate::Impl::close() {
  std::call_once(closing_, [this] {
    if (pipeline_ != nullptr) {
      update([](pipeline::Client& client, Instant now) {
        client.stop(now);
        client.record_to(nullptr);
      });
    }
    if (transport_ != nullptr) transport_->shutdown();
    if (encoder_ != nullptr) encoder_->stop();
    if (model_ != nullptr) model_->stop();
    if (alarm_ != nullptr) alarm_->stop();
  });
}

}  // namespace sluice::client
