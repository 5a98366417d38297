#include "core/pipeline/client.hpp"

#include <algorithm>
#include <utility>

#include "core/pipeline/client_impl.hpp"
#include "core/pipeline/error_budget.hpp"
#include "core/pipeline/local_route.hpp"
#include "core/wire/close_code.hpp"
#include "core/wire/codec.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::uint32_t kMaxWaiting = 4096;
constexpr std::uint32_t kMostWaitingAudits = 64;

ClientOptions checked(ClientOptions options) {
  options.max_in_flight = std::max(options.max_in_flight, 1U);
  options.max_waiting = std::clamp(options.max_waiting, 1U, kMaxWaiting);
  options.budget_ms = std::max(options.budget_ms, 1U);
  if (options.choose) options.duplicate = false;
  options.audit_budget_ms = std::max(options.audit_budget_ms, 1U);
  options.max_waiting_audits = std::min(options.max_waiting_audits, kMostWaitingAudits);
  options.handshake_timeout_ms = std::max(options.handshake_timeout_ms, 1U);
  options.pong_timeout_ms = std::max(options.pong_timeout_ms, 1U);
  return options;
}

LinkOptions link_options(const Manifest& manifest, const ClientOptions& options) {
  LinkOptions link;
  link.client_name = options.client_name;
  link.bundle = manifest.name;
  link.bundle_version = manifest.version;
  link.handshake_timeout_ms = options.handshake_timeout_ms;
  link.ping_interval_ms = options.ping_interval_ms;
  link.pong_timeout_ms = options.pong_timeout_ms;
  link.backoff_first_ms = options.backoff_first_ms;
  link.backoff_max_ms = options.backoff_max_ms;
  link.jitter_seed = options.jitter_seed;
  if (options.private_answers) link.features &= ~wire::kFeatureSharedReuse;
  return link;
}

// The bundle's routes from the first along `otherwise`; where it names none, the server and then this device.
std::vector<std::string> route_order(const Manifest& manifest) {
  if (manifest.routes.empty()) return {"remote", "local"};
  std::vector<std::string> order;
  for (const RouteSpec* at = &manifest.routes.front(); at != nullptr;) {
    order.push_back(at->kind);
    const auto next = std::find_if(manifest.routes.begin(), manifest.routes.end(),
                                   [&](const RouteSpec& one) { return one.kind == at->otherwise; });
    at = next == manifest.routes.end() ? nullptr : &*next;  // parse_manifest() refuses circles
  }
  return order;
}

bool allows(ModelPlace place, std::string_view route) {
  return place == ModelPlace::kRemoteElseLocal || (place == ModelPlace::kLocal) == (route == "local");
}

}  // namespace

Client::Impl::Impl(const Manifest& bundle, std::vector<std::unique_ptr<Question>> asked, const ClientOptions& chosen,
                   Clock* clock, const std::vector<MakeRoute>& further_routes, const MakeRoute& local)
    : options(checked(chosen)),
      manifest(bundle),
      questions(std::move(asked)),
      spent(questions.size(), 0.0F),
      cost_clock(clock),
      link(link_options(bundle, options), events, outbox) {
  for (const auto& question : questions) {
    float share = 1;
    for (const AskedQuestion& one : manifest.questions) {
      if (one.row->kind == question->name()) share = one.spec->error_share;
    }
    shares.push_back(share);
  }
  for (const std::string& kind : route_order(manifest)) {
    if (!allows(options.place, kind)) continue;
    if (kind == "remote") {
      auto route = std::make_unique<RemoteRoute>(*this, manifest, options, link, outbox);
      remote = route.get();
      routes.push_back(std::move(route));
    } else if (kind == "local") {
      routes.push_back(local ? local(*this, remote) : std::make_unique<LocalRoute>(*this, manifest.model.part));
    }
  }
  for (std::size_t i = 0; i < further_routes.size(); ++i) {
    routes.insert(routes.begin() + static_cast<std::ptrdiff_t>(i), further_routes[i](*this, remote));
  }
  set_accuracy_target(manifest.default_target);
}

void Client::Impl::stop(Instant) {
  if (stopped) return;
  stopped = true;
  while (inputs.size() != 0) end_failed(inputs.at(0), {ErrorCode::kCancelled, "the client was stopped"});
  if (promising) promising->fail_audits();
  link.stop();
}

void Client::Impl::tick(Instant now) {
  now_of_call = now;
  if (stopped) return;
  if (remote != nullptr) remote->tick(now);
  expire(now);
  if (promising) promising->expire_audits(now);
  link.tick(now);
  go_on(now);
}

void Client::Impl::go_on(Instant now) {
  on_link(now);
  for (const auto& route : routes) route->advance(now);
  if (placing) placing->begin_duplicates(now);
  dispatch(now);
}

Instant Client::Impl::next_deadline() const {
  if (stopped) return kNever;
  Instant next = std::min(link.next_deadline(), inputs.next_deadline());
  if (placing) next = std::min(next, placing->next_duplicate());
  if (promising) next = std::min(next, promising->next_deadline());
  for (const auto& route : routes) next = std::min(next, route->advances_at());
  if (inputs.waiting() == 0 && !(promising && promising->audits_wait())) return next;
  for (const auto& route : routes) next = std::min(next, route->next_deadline());
  return next;
}

float Client::Impl::set_accuracy_target(float target) {
  last_target = target;
  if (promising) {
    promising->set_target(target);
    if (placing && placing->chooses()) placing->set_target(target);
    for (const auto& question : questions) question->open_to_choice();
    for (const auto& route : routes) {
      route->set_error_budget(std::clamp(1 - target, 0.0F, 1.0F));
      route->open_to_choice();
    }
    return target;
  }
  if (placing && placing->chooses()) {
    placing->set_target(target);
    for (std::size_t i = 0; i < questions.size(); ++i) spent[i] = questions[i]->set_error_budget(1);
    for (const auto& route : routes) {
      route->set_error_budget(std::clamp(1 - target, 0.0F, 1.0F));
      route->open_to_choice();
    }
    return target;
  }
  float kept = share_error_budget(questions, shares, target, spent);
  // What the questions leave over is the routes', each of which may spend all of it: an input is answered by one of them.
  float most = 0;
  for (const auto& route : routes) most = std::max(most, route->set_error_budget(std::max(kept - target, 0.0F)));
  return kept - most;
}

void Client::Impl::receive(Bytes bytes, Instant now) {
  if (stopped || !link.open() || remote == nullptr) return;
  link.heard(now);
  auto decoded = wire::decode_from_server(bytes, {.max_message_bytes = options.max_message_bytes});
  if (!decoded) {
    const bool large = decoded.error().code == ErrorCode::kMessageTooLarge;
    link.abort(large ? wire::kCloseTooBig : wire::kCloseProtocolError, std::move(decoded.error()), now);
  } else if (const auto* answer_message = std::get_if<wire::Answer>(&*decoded)) {
    remote->on(*answer_message, bytes.size(), now);
  } else if (const auto* error = std::get_if<wire::ErrorMessage>(&*decoded)) {
    remote->on(*error, bytes.size(), now);
  } else if (const auto* welcome = std::get_if<wire::Welcome>(&*decoded)) {
    link.on(*welcome, now);
    remote->on_welcome();
  } else if (const auto* ping = std::get_if<wire::Ping>(&*decoded)) {
    link.on(*ping, now);
  } else if (const auto* pong = std::get_if<wire::Pong>(&*decoded)) {
    link.on(*pong, now);
    remote->on_pong();
  } else if (const auto* goodbye = std::get_if<wire::Goodbye>(&*decoded)) {
    link.on(*goodbye, now);
  }
  go_on(now);
}

void Client::Impl::on_link(Instant now) {
  if (remote == nullptr || link.open()) return;
  remote->on_lost();
  if (!link.terminal()) return;
  const bool elsewhere =
      std::any_of(routes.begin(), routes.end(), [&](const auto& route) { return route->available(now); });
  if (promising && !elsewhere) promising->fail_audits();
  while (!elsewhere && inputs.size() != 0) end_failed(inputs.at(0), *link.terminal());
}

void Client::Impl::submit(AttemptId id, Product product, Duration took, Instant now) {
  Attempt* attempt = find_attempt(id);
  if (placing) placing->driver_is_done(id, took);
  if (attempt == nullptr || !attempt->route->awaits_driver(*attempt)) return;
  if (placing && !input_with(*attempt).audit) placing->payload_made(*attempt, product, took);
  attempt->route->resume(*attempt, std::move(product), took, now);
  dispatch(now);
}

Client::Client(const Manifest& manifest, std::vector<std::unique_ptr<Question>> questions, const ClientOptions& options,
               Clock* cost_clock, const std::vector<MakeRoute>& further_routes, const MakeRoute& local)
    : impl_(std::make_unique<Impl>(manifest, std::move(questions), options, cost_clock, further_routes, local)) {}

Client::~Client() = default;

std::span<const std::unique_ptr<Question>> Client::questions() const { return impl_->questions; }

void Client::start(Instant now) {
  impl_->log.record(now, "start");
  if (impl_->stopped || impl_->remote == nullptr) return;
  impl_->link.start(now);
}

void Client::stop(Instant now) {
  impl_->log.record(now, "stop");
  impl_->now_of_call = now;
  impl_->stop(now);
}

Result<InputId> Client::offer(const input::InputView& input, Instant now, const OwnForm& own) {
  impl_->tick(now);
  auto id = impl_->offer(input, own, now);
  impl_->log.record_offer(now, input::extent_of(input), own);
  if (impl_->promising) impl_->promising->begin_audits(now);
  return id;
}

void Client::cancel(InputId input, Instant now) {
  impl_->log.record(now, "cancel", {input});
  impl_->tick(now);
  impl_->cancel(input, now);
}

void Client::submit(AttemptId id, Product product, Duration took, Instant now) {
  impl_->log.record_product(now, id, product, took);
  impl_->tick(now);
  impl_->submit(id, std::move(product), took, now);
  if (impl_->placing) impl_->placing->begin_duplicates(now);
}

void Client::fail(AttemptId id, Error error, Instant now) {
  impl_->log.record(now, "failed", {id, static_cast<std::uint64_t>(error.code)});
  impl_->tick(now);
  Attempt* attempt = impl_->find_attempt(id);
  if (impl_->placing) impl_->placing->driver_is_done(id, std::nullopt);
  if (attempt == nullptr || !attempt->route->awaits_driver(*attempt)) return;
  impl_->fail(*attempt, std::move(error));
  impl_->dispatch(now);
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
  impl_->go_on(now);
}

std::optional<ClientEvent> Client::next_event() {
  if (impl_->placing) impl_->placing->settle();
  if (impl_->promising) impl_->promising->settle();
  if (impl_->events.empty()) return std::nullopt;
  return impl_->events.pop();
}

const std::string* Client::next_message() {
  const std::string* message = impl_->outbox.take();
  if (message != nullptr) impl_->log.record(Instant{}, "taken");
  return message;
}

void Client::sent(std::size_t bytes, Instant now) {
  impl_->log.record(now, "sent", {bytes});
  impl_->outbox.sent(bytes);
  impl_->tick(now);
}

std::size_t Client::held_bytes() const { return impl_->outbox.held_bytes(); }
std::size_t Client::unsent_bytes() const { return impl_->outbox.unsent_bytes(); }

void Client::tick(Instant now) {
  impl_->log.record(now, "tick");
  impl_->tick(now);
}

float Client::set_accuracy_target(float target) {
  const float kept = impl_->set_accuracy_target(target);
  impl_->log.record_target(target, impl_->spent);
  return kept;
}

void Client::record_to(DecisionSink* sink) {
  impl_->log.set_sink(sink);
  if (sink != nullptr) impl_->log.record_target(impl_->last_target, impl_->spent);
}

Instant Client::next_deadline() const { return impl_->next_deadline(); }
ConnectionState Client::state() const { return impl_->link.state(); }

std::uint32_t Client::in_flight() const {
  return static_cast<std::uint32_t>(impl_->inputs.size()) - impl_->inputs.waiting();
}

std::uint32_t Client::waiting() const { return impl_->inputs.waiting(); }
std::optional<Duration> Client::round_trip_time() const { return impl_->link.round_trip_time(); }

}  // namespace sluice::pipeline
