#include "tests/core/pipeline/simulated_network.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/pipeline/promise_judge.hpp"
#include "core/wire/codec.hpp"

namespace sluice::pipeline::testing {
namespace {

constexpr std::string_view kTraceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

using namespace std::chrono_literals;

constexpr std::int64_t kMaxSteps = 200'000;

class PixelGate final : public Question {
 public:
  std::string_view name() const override { return "skip"; }
  Result<Verdict> ask(const AskContext& context) override {
    const std::uint8_t pixel = *std::get<input::ImageView>(context.input).planes[0].data;
    if (pixel == 255) return fail(ErrorCode::kExecutionFailed, "not a number");
    Verdict verdict{
        std::nullopt, {}, static_cast<float>(pixel) / 255.0F, static_cast<float>(kSkippedBelow) / 255.0F, {}};
    if (pixel < kSkippedBelow) verdict.kind = AnswerKind::kSkipped;
    return verdict;
  }
  float set_error_budget(float allowed) override { return allowed; }
};

// A payload is its name and a filling; the server answers with the name and a filling of its own.
std::string payload_of(InputId frame) { return "picture of frame " + std::to_string(frame) + "\n"; }

std::string filled(std::string name, std::size_t bytes) {
  if (name.size() < bytes) name.resize(bytes, '.');
  return name;
}

std::string name_in(std::string_view payload) { return std::string(payload.substr(0, payload.find('\n') + 1)); }

// About as JPEG files shrink.
std::size_t jpeg_bytes(std::size_t full_bytes, const Encode& encode) {
  const double quality = encode.jpeg_quality;
  const double quantisation = quality >= 50 ? 200 - 2 * quality : 5000 / quality;
  return static_cast<std::size_t>(static_cast<double>(full_bytes) * std::pow(30 / quantisation, 0.6) *
                                  std::pow(encode.scale, 1.7));
}

}  // namespace

Manifest faces() {
  Manifest manifest;
  manifest.name = "faces";
  manifest.version = "1";
  manifest.model.part = "model";
  manifest.agree_when.rule = "tokens";
  return manifest;
}

// One way of a connection's link, first in, first out.
struct SimulatedNetwork::Direction {
  Instant free;     // it has carried everything
  Instant arrived;  // the last message is there
};

struct SimulatedNetwork::Connection {
  int number = 0;
  std::unique_ptr<Session> session;
  bool up_open = true;    // the server hears the client
  bool down_open = true;  // the client hears the server
  bool frozen = false;
  bool close_requested = false;
  Direction up;
  Direction down;
  int read = 0;  // messages that the client's side took
  std::uint64_t last_request = 0;
  std::map<std::uint64_t, int> replies;  // by request id, as sent by the session
  std::set<std::uint64_t> in_engine;     // accepted, not yet ended
};

struct SimulatedNetwork::FrameRecord {
  Instant deadline;
  int ends = 0;
};

SimulatedNetwork::SimulatedNetwork(const Scenario& scenario)
    : scenario_(scenario), random_(scenario.seed), pixels_(12) {
  std::vector<std::unique_ptr<Question>> questions;
  if (scenario_.gate) questions.push_back(std::make_unique<PixelGate>());
  Manifest manifest = faces();
  manifest.model.payload = scenario_.payload;
  client_ = std::make_unique<Client>(manifest, std::move(questions), scenario_.client, nullptr);
  if (scenario_.client.live_promise) {
    auto judge = PromiseJudge::make(manifest, client_->questions());
    if (!judge || !client_->promise_with(*std::move(judge))) note("a promise that cannot be made");
  }
  client_->record_to(this);
}

SimulatedNetwork::~SimulatedNetwork() = default;

void SimulatedNetwork::run() {
  client_->start(now);
  at(now, [this] { offer_next(); });
  settle();
  while (offered_ < scenario_.frames || open_frames_ != 0) {
    if (++steps > kMaxSteps) return note("no end after " + std::to_string(steps) + " steps");
    Instant next = client_->next_deadline();
    if (!timeline_.empty()) next = std::min(next, timeline_.begin()->first);
    for (const auto& one : connections_) next = std::min(next, one->session->next_deadline());
    if (next == kNever) return note("stuck: nothing will ever happen");
    now = std::max(now, next);
    if (steps == scenario_.lose_at_step || chance(scenario_.lost)) break_connection();
    if (steps == scenario_.freeze_at_step && current_ != nullptr) current_->frozen = true;
    if (steps == scenario_.drain_at_step && current_ != nullptr) current_->session->drain(100, now);
    if (!timeline_.empty() && timeline_.begin()->first <= now) {
      const auto what = std::move(timeline_.begin()->second);
      timeline_.erase(timeline_.begin());
      what();
    }
    if (client_->next_deadline() <= now) client_->tick(now);
    if (client_->next_deadline() <= now) note("the client's deadline does not move on");
    for (const auto& one : connections_) {
      if (one->session->next_deadline() <= now) one->session->tick(now);
      if (one->session->next_deadline() <= now) note("a session's deadline does not move on");
    }
    settle();
  }
  client_->stop(now);
  settle();
  if (client_->next_message() != nullptr) note("a message after stop()");
  if (client_->in_flight() != 0 || client_->waiting() != 0) note("frames left after stop()");
  if (!audited_.empty()) note("audits left after stop()");
  if (!client_->offer(input::ImageView{}, now).has_value() && client_->state() == ConnectionState::kStopped) return;
  note("a frame was taken after stop()");
}

void SimulatedNetwork::line(std::string_view text) {
  decisions += text;
  decisions += '\n';
}

void SimulatedNetwork::settle() {
  for (bool moved = true; moved;) {
    moved = false;
    while (auto event = client_->next_event()) {
      handle(*std::move(event));
      moved = true;
    }
    while (const std::string* message = client_->next_message()) {
      moved = true;
      if (current_ == nullptr) {
        note("a message without a connection");
      } else {
        send_up(*current_, *message);
      }
    }
    for (const auto& one : connections_) {
      while (auto message = one->session->next_message()) {
        send_down(*one, *std::move(message));
        moved = true;
      }
      while (auto event = one->session->next_event()) {
        handle(*one, *std::move(event));
        moved = true;
      }
    }
  }
  check_bounds();
}

void SimulatedNetwork::handle(ClientEvent event) {
  if (auto* answered = std::get_if<Answered>(&event)) {
    const Answer& answer = answered->answer;
    ++answers[answer.kind];
    if (answer.reason.empty()) note("an answer without a reason");
    if (answer.kind == AnswerKind::kRemote && scenario_.damaged == 0) {
      const auto got = answer.outputs.empty() ? Bytes{} : answer.outputs[0].tensor.view().bytes;
      if (name_in(as_text(got)) != payload_of(answer.input)) note("the answer of another frame");
    }
    answered_bytes_up += answer.cost.bytes_up;
    if (answer.audited && !audited_.insert(answer.input).second) note("an answer is audited twice");
    ended(answer.input, std::string(kind_name(answer.kind)), answer.reason);
  } else if (auto* failed = std::get_if<InputFailed>(&event)) {
    ++failures[failed->failed.error.code];
    if (failed->failed.error.message.empty()) note("a failure without a message");
    ended(failed->failed.input, std::string(error_name(failed->failed.error.code)), {});
  } else if (const auto* audit = std::get_if<AuditEnded>(&event)) {
    if (audited_.erase(audit->input) == 0) note("an audit ended that never was");
    ++audits[audit->result];
  } else if (auto* wanted = std::get_if<RunWanted>(&event)) {
    if (records_[wanted->input].ends != 0 && !audited_.contains(wanted->input)) note("work for a frame that has ended");
    if (const auto* encode = std::get_if<Encode>(&wanted->work)) {
      if (encode->encodings.empty()) note("a payload wanted in no encoding");
      asked.push_back(*encode);
      const Duration took = between_ms(0, scenario_.encode_max_ms);
      auto payload = filled(payload_of(wanted->input), jpeg_bytes(scenario_.payload_bytes, *encode));
      at(now + took, [this, attempt = wanted->attempt, took, moved = std::move(payload)] {
        const std::string_view trace = attempt % 3 == 0 ? kTraceparent : std::string_view();
        client_->submit(attempt, Payload{wire::Encoding::kJpeg, as_bytes(moved), trace}, took, now);
      });
    } else {
      at(now + between_ms(1, scenario_.local_max_ms), [this, attempt = wanted->attempt] {
        if (chance(0.1)) return client_->fail(attempt, {ErrorCode::kExecutionFailed, "on this device"}, now);
        client_->submit(attempt, std::vector<OutputTensor>{}, 1ms, now);
      });
    }
  } else if (std::holds_alternative<ConnectWanted>(event)) {
    const int attempt = ++attempt_;
    at(now + between_ms(scenario_.delay_min_ms, scenario_.delay_max_ms), [this, attempt] {
      if (attempt == attempt_) connect();
    });
  } else if (std::holds_alternative<CloseWanted>(event)) {
    ++attempt_;
    if (Connection* closing = std::exchange(current_, nullptr)) {
      closing->down_open = false;
      at(closing->up.arrived, [this, closing] {
        closing->up_open = false;
        closing->session->disconnected(now);
      });
    }
  } else if (auto* changed = std::get_if<StateChanged>(&event)) {
    states.push_back(changed->state);
    if (changed->why) last_state_error = changed->why;
    log += std::to_string(now.time_since_epoch().count()) + " state " +
           std::to_string(static_cast<int>(changed->state)) + "\n";
  }
}

void SimulatedNetwork::handle(Connection& connection, SessionEvent event) {
  if (auto* accepted = std::get_if<RequestAccepted>(&event)) {
    const std::uint64_t id = accepted->id;
    if (accepted->deadline <= now) note("a request accepted after its deadline");
    if (!connection.in_engine.insert(id).second) note("a request accepted twice");
    const bool overloaded = chance(scenario_.overloaded);
    // The event keeps the message alive, as a server's worker thread would.
    auto kept = std::make_shared<RequestAccepted>(std::move(*accepted));
    const Duration work = overloaded ? Duration{0} : between_ms(scenario_.compute_min_ms, scenario_.compute_max_ms);
    at(now + work, [this, &connection, kept, overloaded, id, work] {
      bool taken = false;
      if (overloaded) {
        taken = connection.session->reject(id, {ErrorCode::kOverloaded, "full"}, scenario_.retry_after_ms, now);
      } else {
        const std::string echo = filled(name_in(as_text(kept->request.payload)), scenario_.answer_bytes);
        const Shape shape{static_cast<std::int64_t>(echo.size())};
        std::vector<OutputTensor> outputs;
        outputs.push_back({"echo", *Tensor::copy_of({DataType::kUint8, shape, as_bytes(echo)})});
        ++computed;
        taken = connection.session->complete(id, outputs, {0ms, 0ms, work}, AnswerKind::kRemote, now);
      }
      if (taken && connection.in_engine.erase(id) == 0) note("a request that had ended was completed");
      if (!taken) ++late_results;
    });
  } else if (auto* given_up = std::get_if<RequestAbandoned>(&event)) {
    ++abandoned;
    if (connection.in_engine.erase(given_up->id) == 0) note("a request was abandoned that had ended");
  } else if (const auto* close = std::get_if<CloseRequested>(&event)) {
    ++closed[close->code];
    if (connection.close_requested) note("a session asked twice to be closed");
    connection.close_requested = true;
    at(connection.down.arrived, [this, &connection] {
      if (!connection.down_open || connection.frozen) return;
      connection.down_open = connection.up_open = false;
      connection.session->disconnected(now);
      if (current_ != &connection) return;
      current_ = nullptr;
      client_->disconnected({ErrorCode::kConnectionLost, "closed by the server"}, now);
    });
  }
}

void SimulatedNetwork::send_up(Connection& connection, std::string bytes) {
  const auto message = wire::decode(as_bytes(bytes));
  if (!message) {
    note("the client sent what does not decode: " + message.error().message);
  } else if (const auto* request = std::get_if<wire::Request>(&*message)) {
    if (request->id <= connection.last_request) note("request ids do not grow");
    if (request->budget <= Duration::zero()) note("a request without a budget");
    connection.last_request = request->id;
  }
  Direction& up = connection.up;
  const Instant left = carry(up, scenario_.up_bytes_per_s, bytes.size());
  const auto behind = [&](std::uint64_t amount) {  // how long the link takes for so many bytes
    return scenario_.up_bytes_per_s == 0 ? Duration{0} : Duration(amount * 1'000'000 / scenario_.up_bytes_per_s);
  };
  if (left > now) {
    // The time until the link has carried it all, without what it stands still.
    const Instant stalled = std::clamp(Instant{std::chrono::milliseconds(scenario_.stall_from_ms)}, now, left);
    const Instant again = std::clamp(Instant{std::chrono::milliseconds(scenario_.stall_until_ms)}, now, left);
    const Duration carries = left - now - (again - stalled);
    const auto unsent = static_cast<std::uint64_t>(carries.count()) * scenario_.up_bytes_per_s / 1'000'000;
    unsent_peak = std::max(unsent_peak, static_cast<std::size_t>(unsent));
  }
  // The driver sees a message leave when the socket has taken the last of it.
  const Instant taken = left - behind(scenario_.send_buffer_bytes);
  if (taken <= now) {
    client_->sent(bytes.size(), now);
  } else {
    at(taken, [this, &connection, size = bytes.size()] {
      if (current_ == &connection) client_->sent(size, now);
    });
  }
  up.arrived = std::max(up.arrived, left + between_ms(scenario_.delay_min_ms, scenario_.delay_max_ms));
  at(up.arrived,
     [this, &connection, moved = std::move(bytes)]() mutable { deliver(connection, true, std::move(moved)); });
}

// When the link has carried the bytes, behind what it still has to carry.
Instant SimulatedNetwork::carry(Direction& direction, std::uint64_t bytes_per_s, std::uint64_t bytes) const {
  const Instant stalled{std::chrono::milliseconds(scenario_.stall_from_ms)};
  const Instant again{std::chrono::milliseconds(scenario_.stall_until_ms)};
  Instant begun = std::max(direction.free, now);
  if (begun >= stalled && begun < again) begun = again;
  Instant done = begun;
  if (bytes_per_s != 0) done += Duration(bytes * 1'000'000 / bytes_per_s);
  if (begun < stalled && done > stalled) done += again - stalled;
  return direction.free = done;
}

void SimulatedNetwork::send_down(Connection& connection, std::string bytes) {
  if (connection.close_requested) note("a message after the session asked to be closed");
  const auto message = wire::decode(as_bytes(bytes));
  std::uint64_t id = 0;
  if (!message) {
    note("the server sent what does not decode: " + message.error().message);
  } else if (const auto* answer = std::get_if<wire::Answer>(&*message)) {
    id = answer->request_id;
  } else if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) {
    id = error->request_id;
  }
  if (id != 0 && ++connection.replies[id] > 1 && scenario_.damaged == 0) note("two replies to one request");
  Direction& down = connection.down;
  const Instant left = carry(down, scenario_.down_bytes_per_s, bytes.size());
  down.arrived = std::max(down.arrived, left + between_ms(scenario_.delay_min_ms, scenario_.delay_max_ms));
  at(down.arrived, [this, &connection, moved = std::move(bytes)]() mutable {
    if (scenario_.reads_messages >= 0 && connection.read >= scenario_.reads_messages) return;
    ++connection.read;
    connection.session->sent(moved.size());
    deliver(connection, false, std::move(moved));
  });
}

void SimulatedNetwork::deliver(Connection& connection, bool up, std::string bytes) {
  if (connection.frozen || !(up ? connection.up_open : connection.down_open)) return;
  if (chance(scenario_.damaged)) bytes = damage(std::move(bytes));
  if (up) {
    connection.session->receive(std::move(bytes), now);
  } else if (current_ == &connection) {
    client_->receive(as_bytes(bytes), now);
  }
}

void SimulatedNetwork::connect() {
  if (chance(scenario_.refused)) return client_->disconnected({ErrorCode::kNotConnected, "connection refused"}, now);
  auto made = std::make_unique<Connection>();
  made->number = ++connections;
  made->session = std::make_unique<Session>(scenario_.served, scenario_.session, now);
  current_ = made.get();
  connections_.push_back(std::move(made));
  client_->connected(now);
}

void SimulatedNetwork::break_connection() {
  if (current_ == nullptr) return;
  Connection& broken = *std::exchange(current_, nullptr);
  broken.up_open = broken.down_open = false;
  broken.session->disconnected(now);
  client_->disconnected({ErrorCode::kConnectionLost, "the network broke"}, now);
}

void SimulatedNetwork::offer_next() {
  if (offered_ == scenario_.frames) return;
  ++offered_;
  std::fill(pixels_.begin(), pixels_.end(), static_cast<std::uint8_t>(random_() % 256));
  input::ImageView image{input::PixelFormat::kRgb8, 2, 2, {}};
  image.planes[0] = {pixels_.data(), 6};
  const auto id = client_->offer(image, now);
  if (id) {
    records_[*id] = {now + std::chrono::milliseconds(scenario_.client.budget_ms), 0};
    ++open_frames_;
    if (chance(scenario_.cancelled)) {
      at(now + between_ms(0, 60), [this, frame = *id] { client_->cancel(frame, now); });
    }
  } else if (id.error().code != ErrorCode::kTooManyInFlight || scenario_.client.queue != QueuePolicy::kKeepAll) {
    note("a frame was refused: " + id.error().message);
  }
  at(now + std::chrono::milliseconds(scenario_.frame_interval_ms), [this] { offer_next(); });
}

void SimulatedNetwork::ended(InputId frame, const std::string& how, const std::string& reason) {
  ends.push_back({now, frame, how, reason});
  log += std::to_string(now.time_since_epoch().count()) + " frame " + std::to_string(frame) + " " + how + "\n";
  const auto found = records_.find(frame);
  if (found == records_.end()) return note("an end of a frame that was never offered");
  if (++found->second.ends > 1) return note("frame " + std::to_string(frame) + " ended twice");
  if (now > found->second.deadline) note("frame " + std::to_string(frame) + " ended after its deadline, " + how);
  --open_frames_;
}

void SimulatedNetwork::check_bounds() {
  const ClientOptions& options = scenario_.client;
  const std::uint32_t queue = options.queue == QueuePolicy::kNewestWins ? 1 : options.max_waiting;
  // What is on the way comes on top of max_in_flight, up to what the server allows; one more may run on this device.
  const std::uint32_t most = scenario_.session.max_in_flight + 1;
  if (client_->in_flight() > most) note("too many frames in flight in the client");
  if (client_->waiting() > queue + most) note("too many frames wait in the client");
  for (const auto& one : connections_) {
    if (one->session->in_flight() > scenario_.session.max_in_flight) note("too many requests in flight in a session");
    if (one->session->in_flight() != one->in_engine.size())
      note("a session and its engine disagree on what is in flight");
  }
}

void SimulatedNetwork::note(std::string what) {
  if (violations.size() < 20) violations.push_back("step " + std::to_string(steps) + ": " + std::move(what));
}

std::string SimulatedNetwork::damage(std::string bytes) {
  switch (random_() % 4) {
    case 0: bytes.resize(bytes.empty() ? 0 : random_() % bytes.size()); break;
    case 1: bytes.append(1 + random_() % 16, static_cast<char>(random_())); break;
    case 2:
      for (char& c : bytes) c = static_cast<char>(random_());
      break;
    default:
      if (!bytes.empty()) bytes[random_() % bytes.size()] ^= static_cast<char>(1U << (random_() % 8));
  }
  return bytes;
}

bool SimulatedNetwork::chance(double share) {
  if (share <= 0) return false;
  return static_cast<double>(random_() >> 11U) * 0x1.0p-53 < share;
}

Duration SimulatedNetwork::between_ms(std::uint32_t low, std::uint32_t high) {
  const std::uint64_t span_us = std::uint64_t{high - low} * 1000 + 1;
  return Duration(static_cast<Duration::rep>(std::uint64_t{low} * 1000 + random_() % span_us));
}

void SimulatedNetwork::at(Instant when, std::function<void()> what) {
  timeline_.emplace(std::max(when, now), std::move(what));
}

std::unique_ptr<SimulatedNetwork> play(const Scenario& scenario) {
  auto network = std::make_unique<SimulatedNetwork>(scenario);
  network->run();
  for (const std::string& violation : network->violations) {
    FAIL_CHECK("seed " << scenario.seed << ", lost at step " << scenario.lose_at_step << ": " << violation);
  }
  return network;
}

Scenario calm(std::uint64_t seed) {
  Scenario scenario;
  scenario.seed = seed;
  return scenario;
}

}  // namespace sluice::pipeline::testing
