#include "server/upstream/upstream_connection.hpp"

#include <algorithm>
#include <utility>

#include "core/wire/close_code.hpp"
#include "core/wire/codec.hpp"
#include "core/wire/encoding.hpp"
#include "server/clock.hpp"
#include "server/upstream/answer_of.hpp"

namespace sluice::server {

namespace {

using pipeline::ConnectionState;

// A request that has no more left for the work at the upstream isn't worth its way.
constexpr Duration kLeastBudget = std::chrono::milliseconds(1);
// Asked for by an upstream that names no time.
constexpr std::uint32_t kPauseMs = 250;

// What an upstream's error about a request says of the upstream and not of the request: the client hears that nobody has time for it now.
bool is_about_upstream(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOverloaded:
    case ErrorCode::kTooManyInFlight:
    case ErrorCode::kRateLimited:
    case ErrorCode::kTooManyConnections:
    case ErrorCode::kShuttingDown:
    case ErrorCode::kUnauthenticated:
    case ErrorCode::kUnsupportedEncoding:
    case ErrorCode::kDuplicateRequestId:
    case ErrorCode::kMalformedMessage:
    case ErrorCode::kCancelled: return true;
    default: return false;
  }
}

bool asks_to_wait(ErrorCode code) {
  return code == ErrorCode::kOverloaded || code == ErrorCode::kTooManyInFlight || code == ErrorCode::kRateLimited;
}

// What may be large of a request, and so nearly all that its message has: what is larger by this alone need not be encoded.
std::size_t bytes_of(const wire::Request& request) {
  std::size_t bytes = request.payload.size();
  for (const auto& tensor : request.tensors) bytes += tensor.tensor.bytes.size();
  return bytes;
}

std::uint32_t ms_until(Instant until, Instant now) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now, Duration{1})).count();
  return static_cast<std::uint32_t>(std::min<std::int64_t>(ms, 60'000));
}

}  // namespace

UpstreamConnection::UpstreamConnection(boost::asio::io_context& io, const SocketTerms& terms,
                                       const pipeline::LinkOptions& link, std::uint64_t server_number, Way& way,
                                       const UpstreamEvents& events)
    : address_(terms.address.text()),
      server_number_(server_number),
      way_(way),
      events_(events),
      link_(link, wishes_, outbox_),
      socket_(io, terms,
              {.opened =
                   [this] {
                     link_.connected(now());
                     pump(now());
                   },
               .received = [this](const std::string& message) { receive(message); },
               .closed =
                   [this](Error why) {
                     link_.disconnected(std::move(why), now());
                     pump(now());
                   }}),
      last_used_(now()) {
  link_.start(now());
  pump(now());
}

UpstreamConnection::~UpstreamConnection() { socket_.close(wire::kCloseNormal); }

FurtherServer::Refusal UpstreamConnection::too_large() const {
  return {{ErrorCode::kMessageTooLarge,
           join_text({"the upstream ", address_, " takes messages of at most ", link_.limits().max_message_bytes,
                      " bytes, and the request would be larger with what is added as it is passed on"})},
          0};
}

FurtherServer::Refusal UpstreamConnection::refuse_until(Instant until, Instant now, const std::string& why) const {
  return {{ErrorCode::kOverloaded, join_text({"the upstream ", address_, " ", why})}, ms_until(until, now), false};
}

std::optional<FurtherServer::Refusal> UpstreamConnection::refusal(const Job& job, Instant now) const {
  if (link_.terminal()) {
    return FurtherServer::Refusal{
        {link_.terminal()->code, join_text({"the upstream ", address_, " refused: ", link_.terminal()->message})}, 0};
  }
  if (link_.state() == ConnectionState::kBackingOff) {
    const bool other_version = link_.last_error().code == ErrorCode::kBundleVersionMismatch;
    auto refused = refuse_until(link_.next_deadline(), now, "is not to be had: " + link_.last_error().message);
    if (other_version) refused.why.code = ErrorCode::kBundleVersionMismatch;
    return refused;
  }
  if (link_.draining()) return refuse_until(now + std::chrono::milliseconds(kPauseMs), now, "is draining");
  if (held_until_ > now) return refuse_until(held_until_, now, "asked to be left alone for so long");
  if (!ready()) return std::nullopt;
  if (!link_.encodings().contains(job.request.encoding)) {
    return FurtherServer::Refusal{
        {ErrorCode::kUnsupportedEncoding,
         join_text({"the upstream ", address_, " does not take ", wire::encoding_name(job.request.encoding)})},
        0};
  }
  if (bytes_of(job.request) > link_.limits().max_message_bytes) return too_large();
  return std::nullopt;
}

// Where all that stands against it is that the upstream seems too far away, it may be the probe.
std::optional<FurtherServer::Refusal> UpstreamConnection::admit(const Job& job, Instant now) {
  if (auto refused = refusal(job, now)) return refused;
  const Duration left = job.deadline - now;
  const Duration away = way_.estimate.expected(now);
  if (job.deadline == kNever || left >= away + kLeastBudget || way_.probe.is(job)) return std::nullopt;
  if (left >= 2 * kLeastBudget && way_.probe.may_begin(now)) {
    way_.probe.begin(job, now);
    return std::nullopt;
  }
  return refuse_until(way_.probe.next(now), now,
                      join_text({"is about ", std::chrono::ceil<std::chrono::milliseconds>(away).count(), " ms away, ",
                                 std::chrono::floor<std::chrono::milliseconds>(left).count(), " ms are left"}));
}

std::optional<FurtherServer::Refusal> UpstreamConnection::take(const JobHandle& job, Instant now) {
  if (auto refused = admit(*job, now)) return refused;
  last_used_ = now;
  line_.push_back(job);
  pump(now);
  return std::nullopt;
}

bool UpstreamConnection::withdraw(const Job& job) {
  const auto waits = std::ranges::find(line_, &job, &JobHandle::get);
  if (waits != line_.end()) {
    line_.erase(waits);
    return true;
  }
  const auto sent = std::ranges::find_if(sent_, [&](const Sent& one) { return one.job.get() == &job; });
  if (sent == sent_.end()) return false;
  // The upstream ends it by itself when its budget is over; one that was cancelled before need not be run.
  if (ready()) outbox_.push(wire::Cancel{sent->id});
  sent_.erase(sent);
  pump(now());
  return true;
}

std::vector<JobHandle> UpstreamConnection::take_all() {
  std::vector<JobHandle> all(line_.begin(), line_.end());
  for (auto& one : sent_) all.push_back(std::move(one.job));
  line_.clear();
  sent_.clear();
  return all;
}

void UpstreamConnection::tick(Instant now) {
  link_.tick(now);
  pump(now);
}

void UpstreamConnection::receive(const std::string& message) {
  const Instant time = now();
  link_.heard(time);
  auto decoded = wire::decode_from_server(as_bytes(message), {.max_message_bytes = message.size()});
  if (!decoded) {
    link_.abort(wire::kCloseProtocolError, decoded.error(), time);
  } else if (const auto* answer = std::get_if<wire::Answer>(&*decoded)) {
    on(*answer, time);
  } else if (const auto* error = std::get_if<wire::ErrorMessage>(&*decoded)) {
    on(*error, time);
  } else if (const auto* welcome = std::get_if<wire::Welcome>(&*decoded)) {
    link_.on(*welcome, time);
    way_.estimate.guess(link_.handshake_time());
  } else if (const auto* goodbye = std::get_if<wire::Goodbye>(&*decoded)) {
    link_.on(*goodbye, time);
    give_back_line("is draining", std::max(goodbye->reconnect_after_ms, kPauseMs));
  } else if (const auto* ping = std::get_if<wire::Ping>(&*decoded)) {
    link_.on(*ping, time);
  } else if (const auto* pong = std::get_if<wire::Pong>(&*decoded)) {
    link_.on(*pong, time);
  }
  pump(time);
}

std::optional<UpstreamConnection::Sent> UpstreamConnection::take_sent(std::uint64_t id) {
  const auto found = std::ranges::find(sent_, id, &Sent::id);
  if (found == sent_.end()) return std::nullopt;
  Sent taken = std::move(*found);
  sent_.erase(found);
  return taken;
}

void UpstreamConnection::on(const wire::Answer& answer, Instant now) {
  auto sent = take_sent(answer.request_id);
  if (!sent) {
    if (answer.request_id == 0 || answer.request_id > last_id_) {
      return link_.abort(wire::kCloseProtocolError,
                         {ErrorCode::kUnexpectedMessage,
                          join_text({"it answered request ", answer.request_id, ", which was never made"})},
                         now);
    }
    return events_.late();
  }
  auto result = answer_of(answer, sent->job->request, now - sent->job->admitted);
  if (!result) {
    events_.returned(sent->job, refuse_until(now + std::chrono::milliseconds(kPauseMs), now,
                                             "answered nonsense: " + result.error().message));
    return link_.abort(wire::kCloseProtocolError, result.error(), now);
  }
  const Duration worked = answer.cost.queue + answer.cost.decode + answer.cost.compute;
  if (way_.probe.is(*sent->job)) {
    way_.estimate.correct(now - sent->at, worked, now);
    way_.probe.succeeded();
  } else {
    way_.estimate.record(now - sent->at, worked, now);
  }
  link_.proven();
  events_.answered(sent->job, *std::move(result), now - sent->at);
}

void UpstreamConnection::on(const wire::ErrorMessage& error, Instant now) {
  if (error.code == ErrorCode{}) {
    return link_.abort(
        wire::kCloseProtocolError,
        {ErrorCode::kMalformedMessage, join_text({"it sent an error without a code about request ", error.request_id})},
        now);
  }
  if (error.request_id == 0) {
    link_.on_connection_error(error, now);
    // Whatever it is about, what is with it may never be answered; its close need not follow.
    if (ready()) link_.abort(wire::kCloseNormal, {error.code, join_text({"it said ", error.message})}, now);
    return;
  }
  if (asks_to_wait(error.code)) {
    const std::uint32_t wait = error.retry_after_ms != 0 ? error.retry_after_ms : kPauseMs;
    held_until_ = std::max(held_until_, now + std::chrono::milliseconds(std::min(wait, 60'000U)));
  }
  auto sent = take_sent(error.request_id);
  if (!sent) return;  // the echo of a cancel, or of what ended here before
  if (is_about_upstream(error.code)) {
    const std::uint32_t pause = error.retry_after_ms != 0 ? error.retry_after_ms : kPauseMs;
    const auto until = std::max(held_until_, now + std::chrono::milliseconds(pause));
    return events_.returned(sent->job, refuse_until(until, now, "can't take it: " + error.message));
  }
  JobResult result;
  result.outputs = fail(error.code, {"the upstream ", address_, ": ", error.message});
  result.retry_after_ms = error.retry_after_ms;
  events_.answered(sent->job, std::move(result), now - sent->at);
}

// After anything that may have changed the link.
void UpstreamConnection::pump(Instant now) {
  while (!wishes_.empty()) {
    const pipeline::ClientEvent wish = wishes_.pop();
    if (std::holds_alternative<pipeline::ConnectWanted>(wish)) {
      socket_.connect();
    } else if (const auto* close = std::get_if<pipeline::CloseWanted>(&wish)) {
      socket_.close(close->code);
    } else if (const auto* change = std::get_if<pipeline::StateChanged>(&wish)) {
      if (change->state == ConnectionState::kReady) {
        was_ready_ = true;
        events_.changed(true, {});
      } else if (change->state == ConnectionState::kBackingOff || change->state == ConnectionState::kStopped) {
        const std::string why = change->why ? change->why->message : "it was closed";
        if (std::exchange(was_ready_, false) || change->why) events_.changed(false, why);
        give_back_all("went away: " + why, std::max(change->retry_in_ms, 1U));
      }
    }
  }
  while (const std::string* message = outbox_.take()) socket_.send(*message);
  send_waiting(now);
  events_.moved();
}

void UpstreamConnection::send_waiting(Instant now) {
  if (!link_.serving()) return;
  while (!line_.empty() && sent_.size() < link_.limits().max_in_flight) {
    const JobHandle job = std::move(line_.front());
    line_.pop_front();
    auto refused = admit(*job, now);
    if (!refused) refused = send(job, now);
    if (refused) events_.returned(job, *refused);
  }
}

// Or says that its message would be larger than the upstream reads, which would cost the connection and all that is on it.
std::optional<FurtherServer::Refusal> UpstreamConnection::send(const JobHandle& job, Instant now) {
  wire::Request request = job->request;
  request.id = last_id_ + 1;
  const Duration left = job->deadline - now;
  Duration away = way_.estimate.expected(now);
  if (way_.probe.is(*job)) away = std::min(away, left / 2);  // which is to be wrong
  request.budget = std::min<Duration>(left - away, std::chrono::milliseconds(link_.limits().max_budget_ms));
  request.parts_follow = false;  // it has come whole, or goes with what came
  if (!link_.has(wire::kFeatureSharedReuse)) request.embedding = {};
  request.passed_by.push_back(server_number_);
  std::string message;
  wire::encode(request, message);
  if (message.size() > link_.limits().max_message_bytes) return too_large();
  last_id_ = request.id;
  sent_.push_back({request.id, job, now});
  last_used_ = now;
  socket_.send(std::move(message));
  return std::nullopt;
}

void UpstreamConnection::give_back_all(const std::string& why, std::uint32_t retry_after_ms) {
  for (auto& one : std::exchange(sent_, {})) line_.push_back(std::move(one.job));
  give_back_line(why, retry_after_ms);
}

void UpstreamConnection::give_back_line(const std::string& why, std::uint32_t retry_after_ms) {
  for (const auto& job : std::exchange(line_, {})) {
    events_.returned(job, {{ErrorCode::kOverloaded, join_text({"the upstream ", address_, " ", why})}, retry_after_ms});
  }
}

}  // namespace sluice::server
