#include "core/pipeline/client.hpp"

#include <algorithm>
#include <utility>

#include "core/pipeline/client_impl.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::uint32_t kMaxWaiting = 4096;  // frames are found by looking through them

ClientOptions checked(ClientOptions options) {
  options.max_in_flight = std::max(options.max_in_flight, 1U);
  options.max_waiting = std::clamp(options.max_waiting, 1U, kMaxWaiting);
  options.budget_ms = std::max(options.budget_ms, 1U);
  options.handshake_timeout_ms = std::max(options.handshake_timeout_ms, 1U);
  options.pong_timeout_ms = std::max(options.pong_timeout_ms, 1U);
  return options;
}

}  // namespace

Client::Impl::Impl(const Manifest& manifest, std::vector<std::unique_ptr<Question>> asked, const ClientOptions& chosen,
                   Clock* clock)
    : options(checked(chosen)),
      model_input(manifest.model.input),
      questions(std::move(asked)),
      targets(questions.size(), 0.0F),
      cost_clock(clock),
      link(manifest.name, manifest.version, options, events, outbox) {
  if (manifest.skip) set_accuracy_target(manifest.skip->default_target);
}

void Client::Impl::stop(Instant) {
  if (stopped) return;
  stopped = true;
  while (Frame* frame = frames.oldest()) end_failed(*frame, {ErrorCode::kCancelled, "the client was stopped"});
  link.stop();
}

void Client::Impl::tick(Instant now) {
  if (stopped) return;
  if (now >= hold_until) hold_until = Instant::min();
  expire(now);
  link.tick(now);
  on_lost(now);
  dispatch(now);
}

Instant Client::Impl::next_deadline() const {
  if (stopped) return kNever;
  Instant next = std::min(link.next_deadline(), frames.next_deadline());
  if (link.serving() && hold_until > Instant::min() && frames.count(FrameState::kWaiting) != 0) {
    next = std::min(next, hold_until);
  }
  return next;
}

float Client::Impl::set_accuracy_target(float target) {
  last_target = target;
  float kept = 1;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    targets[i] = questions[i]->set_accuracy_target(target);
    kept = std::min(kept, targets[i]);
  }
  return kept;
}

Client::Client(const Manifest& manifest, std::vector<std::unique_ptr<Question>> questions, const ClientOptions& options,
               Clock* cost_clock)
    : impl_(std::make_unique<Impl>(manifest, std::move(questions), options, cost_clock)) {}

Client::~Client() = default;

void Client::start(Instant now) {
  impl_->log.record(now, "start");
  if (impl_->stopped || impl_->options.place == ModelPlace::kLocal) return;
  impl_->link.start(now);
}

void Client::stop(Instant now) {
  impl_->log.record(now, "stop");
  impl_->stop(now);
}

Result<FrameId> Client::offer(const input::ImageView& frame, Instant now) {
  impl_->tick(now);
  auto id = impl_->offer(frame, now);
  impl_->log.record(now, "offer", {frame.width, frame.height});
  return id;
}

void Client::submit_payload(FrameId frame, wire::Encoding encoding, Bytes payload, Duration encode_time, Instant now) {
  impl_->log.record(now, "payload", {frame, static_cast<std::uint64_t>(encoding), payload.size()});
  impl_->tick(now);
  impl_->submit_payload(frame, encoding, payload, encode_time, now);
  impl_->dispatch(now);
}

void Client::fail_payload(FrameId id, Error error, Instant now) {
  impl_->log.record(now, "payload-failed", {id, static_cast<std::uint64_t>(error.code)});
  impl_->tick(now);
  impl_->end_if(id, FrameState::kEncoding, std::move(error), now);
}

void Client::submit_local(FrameId frame, std::vector<OutputTensor> outputs, Duration compute_time, Instant now) {
  impl_->log.record(now, "local", {frame});
  impl_->tick(now);
  impl_->submit_local(frame, std::move(outputs), compute_time);
  impl_->dispatch(now);
}

void Client::fail_local(FrameId id, Error error, Instant now) {
  impl_->log.record(now, "local-failed", {id, static_cast<std::uint64_t>(error.code)});
  impl_->tick(now);
  impl_->end_if(id, FrameState::kLocal, std::move(error), now);
}

void Client::cancel(FrameId frame, Instant now) {
  impl_->log.record(now, "cancel", {frame});
  impl_->tick(now);
  impl_->cancel(frame, now);
}

void Client::connected(Instant now) {
  impl_->log.record(now, "connected");
  impl_->tick(now);
  impl_->link.connected(now);
}

void Client::receive(Bytes message, Instant now) {
  impl_->log.record_message(now, message);
  impl_->tick(now);
  impl_->receive(message, now);
}

void Client::disconnected(Error why, Instant now) {
  impl_->log.record(now, "disconnected", {static_cast<std::uint64_t>(why.code)});
  impl_->tick(now);
  impl_->link.disconnected(std::move(why), now);
  impl_->on_lost(now);
  impl_->dispatch(now);
}

std::optional<ClientEvent> Client::next_event() {
  if (impl_->events.empty()) return std::nullopt;
  return impl_->events.pop();
}

const std::string* Client::next_message() {
  const std::string* message = impl_->outbox.take();
  if (message != nullptr) impl_->log.record(Instant{}, "taken");
  return message;
}

void Client::tick(Instant now) {
  impl_->log.record(now, "tick");
  impl_->tick(now);
}

float Client::set_accuracy_target(float target) {
  const float kept = impl_->set_accuracy_target(target);
  impl_->log.record_target(target, impl_->targets);
  return kept;
}

void Client::record_to(DecisionSink* sink) {
  impl_->log.set_sink(sink);
  if (sink != nullptr) impl_->log.record_target(impl_->last_target, impl_->targets);
}

Instant Client::next_deadline() const { return impl_->next_deadline(); }
ConnectionState Client::state() const { return impl_->link.state(); }

std::uint32_t Client::in_flight() const { return impl_->frames.remote() + impl_->frames.count(FrameState::kLocal); }

std::uint32_t Client::waiting() const { return impl_->frames.count(FrameState::kWaiting); }
std::optional<Duration> Client::round_trip_time() const { return impl_->link.round_trip_time(); }

}  // namespace sluice::pipeline
