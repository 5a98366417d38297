// Frames over the connection: payloads out, answers and errors in. See client_impl.hpp.
#include <algorithm>
#include <utility>

#include "core/pipeline/client_impl.hpp"
#include "core/wire/codec.hpp"
#include "core/wire/encoding.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kTooBig = 1009;

// Everything of a request but its payload fits in this.
constexpr std::size_t kRequestOverheadBytes = 256;

// Without advice from the server.
constexpr std::uint32_t kDefaultHoldMs = 100;

// The server's error as the user sees it; a newer server may use numbers that are unknown here.
Error reported(const wire::ErrorMessage& error) {
  const auto code = static_cast<std::uint32_t>(error.code);
  const std::string_view name = find_error_name(code);
  if (name.empty()) {
    return {ErrorCode::kInternal, join_text({"the server failed with code ", code, ", unknown here: ", error.message})};
  }
  return {error.code, error.message.empty() ? join_text({"the server failed with ", name}) : error.message};
}

}  // namespace

bool Client::Impl::may_send(Instant now) const { return link.serving() && now >= hold_until; }

bool Client::Impl::has_remote_slot() const {
  return frames.remote() < std::min(options.max_in_flight, link.limits().max_in_flight);
}

void Client::Impl::want_payload(Frame& frame) {
  frame.state = FrameState::kEncoding;
  events.push(PayloadWanted{frame.id, link.encodings()});
}

void Client::Impl::submit_payload(FrameId id, wire::Encoding encoding, Bytes payload, Duration encode_time,
                                  Instant now) {
  Frame* frame = frames.find(id);
  if (frame == nullptr || frame->state != FrameState::kEncoding) return;
  frame->cost.encode += encode_time;
  if (!may_send(now)) {  // the server drains, or asked for a pause, since the payload was asked for
    frame->state = FrameState::kWaiting;
    return;
  }
  const auto request = make_request(*frame, encoding, payload, now);
  if (!request) return end_failed(*frame, request.error());
  frame->state = FrameState::kOnWire;
  frame->wire_id = request->id;
  frame->sent = now;
  frame->cost.wait = std::max(now - frame->offered - frame->cost.encode, Duration::zero());
  frame->cost.bytes_up += outbox.push(*request, request->id);
  last_wire_id = request->id;
}

Result<wire::Request> Client::Impl::make_request(const Frame& frame, wire::Encoding encoding, Bytes payload,
                                                 Instant now) const {
  const auto& accepted = link.encodings();
  if (std::find(accepted.begin(), accepted.end(), encoding) == accepted.end()) {
    return fail(
        ErrorCode::kUnsupportedEncoding,
        {wire::encoding_name(encoding), " is not accepted by the server; accepted: ", wire::encoding_list(accepted)});
  }
  const auto limit = std::min<std::uint64_t>(link.limits().max_message_bytes, options.max_message_bytes);
  if (payload.size() > limit || limit - payload.size() < kRequestOverheadBytes) {
    return fail(ErrorCode::kMessageTooLarge,
                {"a payload of ", payload.size(), " bytes does not fit in a message of at most ", limit});
  }
  wire::Request request;
  request.id = last_wire_id + 1;
  request.budget = std::min<Duration>(frame.deadline - now, std::chrono::milliseconds(link.limits().max_budget_ms));
  request.encoding = encoding;
  request.width = frame.width;
  request.height = frame.height;
  if (encoding == wire::Encoding::kTensor) {
    const std::int64_t channels = model_input.channels == input::Channels::kGray ? 1 : 3;
    const Shape shape{1, channels, model_input.height, model_input.width};
    const auto expected = dense_size(DataType::kFloat32, shape, Tensor::kDefaultLimitBytes);
    if (!expected || *expected != payload.size()) {
      return fail(ErrorCode::kShapeMismatch,
                  {"a tensor payload of ", payload.size(), " bytes; the model's input is float32 ", to_string(shape)});
    }
    request.tensors.push_back({{}, {DataType::kFloat32, shape, payload}});
  } else {
    const std::size_t pixels = std::size_t{frame.width} * frame.height * 3;  // both sides were checked by make_image()
    if (encoding == wire::Encoding::kRgb8 && payload.size() != pixels) {
      return fail(ErrorCode::kInvalidImage, {"an rgb8 payload of ", payload.size(), " bytes for a picture of ",
                                             frame.width, " x ", frame.height});
    }
    request.picture = payload;
  }
  return request;
}

void Client::Impl::receive(Bytes bytes, Instant now) {
  if (stopped || !link.open()) return;
  link.heard(now);
  auto decoded = wire::decode(bytes, {.max_message_bytes = options.max_message_bytes});
  if (!decoded) {
    const bool large = decoded.error().code == ErrorCode::kMessageTooLarge;
    link.abort(large ? kTooBig : kProtocolError, std::move(decoded.error()), now);
  } else if (const auto* answer = std::get_if<wire::Answer>(&*decoded)) {
    on(*answer, bytes.size(), now);
  } else if (const auto* error = std::get_if<wire::ErrorMessage>(&*decoded)) {
    on(*error, bytes.size(), now);
  } else if (const auto* welcome = std::get_if<wire::Welcome>(&*decoded)) {
    link.on(*welcome, now);
    hold_until = Instant::min();
  } else if (const auto* ping = std::get_if<wire::Ping>(&*decoded)) {
    link.on(*ping, now);
  } else if (const auto* pong = std::get_if<wire::Pong>(&*decoded)) {
    link.on(*pong, now);
  } else if (const auto* goodbye = std::get_if<wire::Goodbye>(&*decoded)) {
    link.on(*goodbye);
  } else {
    link.abort(kProtocolError, {ErrorCode::kUnexpectedMessage, "the server sent a message that only a client may send"},
               now);
  }
  on_lost(now);
  dispatch(now);
}

bool Client::Impl::known_id(std::uint64_t wire_id, Instant now) {
  if (link.state() == ConnectionState::kReady && wire_id != 0 && wire_id <= last_wire_id) return true;
  link.abort(
      kProtocolError,
      {ErrorCode::kUnexpectedMessage, join_text({"the server answered request ", wire_id, ", which was never made"})},
      now);
  return false;
}

void Client::Impl::on(const wire::Answer& answer, std::size_t bytes, Instant now) {
  if (!known_id(answer.request_id, now)) return;
  link.proven();
  Frame* frame = frames.find_wire(answer.request_id);
  if (frame == nullptr) return;  // cancelled or expired meanwhile
  frame->cost.bytes_down += bytes;
  frame->cost.round_trip = now - frame->sent;
  frame->cost.server_queue = answer.cost.queue;
  frame->cost.server_decode = answer.cost.decode;
  frame->cost.server_compute = answer.cost.compute;
  std::vector<OutputTensor> outputs;
  outputs.reserve(answer.outputs.size());
  for (const wire::NamedTensor& output : answer.outputs) {
    auto copy = Tensor::copy_of(output.tensor);
    if (!copy) return end_failed(*frame, copy.error());
    outputs.push_back({output.name, *std::move(copy)});
  }
  end_answered(*frame, AnswerKind::kRemote, std::move(outputs));
}

void Client::Impl::on(const wire::ErrorMessage& error, std::size_t bytes, Instant now) {
  if (error.request_id == 0) return link.on_connection_error(error, now);
  if (!known_id(error.request_id, now)) return;
  if (error.code == ErrorCode::kShuttingDown) link.drain(error.retry_after_ms);
  Frame* frame = frames.find_wire(error.request_id);
  if (frame != nullptr) frame->cost.bytes_down += bytes;

  if (error.code == ErrorCode::kOverloaded || error.code == ErrorCode::kTooManyInFlight) {
    const std::uint32_t pause_ms = error.retry_after_ms != 0 ? error.retry_after_ms : kDefaultHoldMs;
    hold_until = std::max(hold_until, now + std::chrono::milliseconds(std::min(pause_ms, options.backoff_max_ms)));
    if (frame != nullptr && frame->deadline > hold_until) {
      frame->state = FrameState::kWaiting;
      return;
    }
  } else if (error.code == ErrorCode::kShuttingDown && frame != nullptr) {
    frame->state = FrameState::kWaiting;
    frame->interrupted = true;
    return;
  }
  if (frame == nullptr) return;
  end_failed(*frame, reported(error));
}

void Client::Impl::on_lost(Instant) {
  if (link.open()) return;
  frames.interrupt();
  if (!link.terminal() || options.place != ModelPlace::kRemote) return;
  while (Frame* frame = frames.oldest()) end_failed(*frame, *link.terminal());
}

void Client::Impl::withdraw(Frame& frame) {
  if (frame.state != FrameState::kOnWire || outbox.withdraw(frame.wire_id)) return;
  outbox.push(wire::Cancel{frame.wire_id});
}

}  // namespace sluice::pipeline
