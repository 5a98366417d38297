#include "core/pipeline/remote_route.hpp"

#include <algorithm>
#include <utility>

#include "core/output/detection.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/wire/close_code.hpp"
#include "core/wire/encoding.hpp"

namespace sluice::pipeline {
namespace {

// Everything of a request but its payload fits in this.
constexpr std::size_t kRequestOverheadBytes = 256;

// A socket that holds no more than this holds no payload: pings, what closes one.
constexpr std::size_t kNearlyEmptyBytes = 256;

// Without advice from the server.
constexpr std::uint32_t kDefaultHoldMs = 100;
// Of a picture, against what the model takes: in a larger one losses are gone once the server has made it as small.
constexpr std::uint64_t kLosslessSides = 2;

// The server's error as the user sees it; a newer server may use numbers that are unknown here.
Error reported(const wire::ErrorMessage& error) {
  const auto code = static_cast<std::uint32_t>(error.code);
  const std::string_view name = find_error_name(code);
  if (name.empty()) {
    return {ErrorCode::kInternal, join_text({"the server failed with code ", code, ", unknown here: ", error.message})};
  }
  return {error.code, error.message.empty() ? join_text({"the server failed with ", name}) : error.message};
}

// How long the server took until it refused a request; nullopt where that can't be told.
std::optional<Duration> server_time_of(ErrorCode refusal) {
  const bool at_once = refusal == ErrorCode::kCancelled || refusal == ErrorCode::kOverloaded ||
                       refusal == ErrorCode::kTooManyInFlight || refusal == ErrorCode::kRateLimited ||
                       refusal == ErrorCode::kShuttingDown;
  return at_once ? std::optional(Duration::zero()) : std::nullopt;
}

AnswerKind kind_of(std::uint32_t how) {
  return how != 0 && how < kAnswerKinds ? static_cast<AnswerKind>(how) : AnswerKind::kRemote;
}

// The model's input as the manifest describes it, for payloads that are that tensor.
Result<TensorView> as_input_tensor(const input::InputSpec& spec, Bytes bytes) {
  DataType type = DataType::kFloat32;
  Shape shape;
  if (const auto* image = std::get_if<input::ImageSpec>(&spec)) {
    shape = {1, image->channels == input::Channels::kGray ? 1 : 3, image->height, image->width};
  } else if (const auto* tensor = std::get_if<input::TensorSpec>(&spec)) {
    type = tensor->type;
    shape = tensor->shape;
  } else {
    return fail(ErrorCode::kUnsupportedEncoding,
                {"inputs of the kind '", input::modality_name(input::modality_of(spec)), "' are not sent as tensors"});
  }
  const auto expected = dense_size(type, shape, Tensor::kDefaultLimitBytes);
  if (!expected || *expected != bytes.size()) {
    return fail(ErrorCode::kShapeMismatch, {"a tensor payload of ", bytes.size(), " bytes; the model's input is ",
                                            type_name(type), " ", to_string(shape)});
  }
  return TensorView{type, shape, bytes};
}

}  // namespace

RemoteRoute::RemoteRoute(RouteHost& host, const Manifest& manifest, const ClientOptions& options, Link& link,
                         Outbox& outbox)
    : host_(host),
      manifest_(manifest),
      options_(options),
      link_(link),
      outbox_(outbox),
      flow_(manifest.model.payload, std::chrono::milliseconds(options.budget_ms)) {}

bool RemoteRoute::has_room(Instant now) const {
  if (!link_.serving() || now < hold_until_) return false;
  if (under_way() + (left_ ? 1 : 0) >= link_.limits().max_in_flight) return false;
  if (under_way() >= std::uint64_t{options_.max_in_flight} + flow_.on_the_way(now)) return false;
  return outbox_.unsent_bytes() <= options_.max_unsent_bytes && flow_.has_room(encoding_, now);
}

bool RemoteRoute::makes_it(Instant deadline, Instant now) const {
  return is_in_time(flow_.expected_bytes(), deadline, now);
}

// Where a variant is accepted the server chooses what is in time, or refuses: what it took of late, with the model perhaps, is nothing to go
// by, and the link is what counts.
bool RemoteRoute::is_in_time(std::size_t bytes, Instant deadline, Instant now) const {
  const bool chosen_there =
      options_.least_agreement > 0 && std::ranges::any_of(manifest_.variants, [&](const ModelVariant& variant) {
        return variant.agreement >= options_.least_agreement;
      });
  if (chosen_there && flow_.time_for_parts(bytes, deadline, now) > Duration::zero()) return true;
  return flow_.makes_it(bytes, deadline, now);
}

std::optional<Duration> RemoteRoute::estimate(const input::InputExtent&, Instant now) const {
  if (!flow_.bytes_per_s() || flow_.is_stale(now)) return std::nullopt;
  return flow_.answered_at(flow_.expected_bytes(), now) - now;
}

Instant RemoteRoute::next_deadline() const {
  if (!link_.serving()) return kNever;
  if (hold_until_ > Instant::min()) return hold_until_;
  const Instant room = flow_.room_at(encoding_, now_);
  return room > now_ ? room : kNever;
}

Instant RemoteRoute::room_at(Instant now) const { return std::max({now, hold_until_, flow_.room_at(encoding_, now)}); }

std::uint64_t RemoteRoute::most_payload_bytes() const {
  const auto most = std::min<std::uint64_t>(link_.limits().max_message_bytes, options_.max_message_bytes);
  return most - std::min<std::uint64_t>(most, kRequestOverheadBytes);
}

Instant RemoteRoute::awaited_until() const {
  const auto begun = link_.first_begun() ? link_.first_begun() : awaits_next() ? link_.lost_at() : std::nullopt;
  return begun ? *begun + std::chrono::milliseconds(options_.budget_ms / 2) : Instant::min();
}

Error RemoteRoute::why_absent() const {
  Error why = link_.last_error();
  if (link_.terminal()) why.message += "; that is final";
  return why;
}

void RemoteRoute::reserve(const Attempt& attempt, Instant now) {
  const auto& placed = attempt.placed;
  slots_.push_back({attempt.id, placed ? PayloadSetting{placed->jpeg_quality, placed->scale} : flow_.setting(), now});
  ++encoding_;
}

bool RemoteRoute::holds(const Attempt& attempt) const {
  return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.attempt == attempt.id; });
}

void RemoteRoute::begin(Attempt& attempt, Instant now) {
  reserve(attempt, now);
  const PayloadSetting& setting = slots_.back().setting;
  const bool own = attempt.placed && attempt.placed->form == Form::kFile;
  const EncodingList encodings = own ? link_.encodings() : encodings_for(host_.input_of(attempt).extent);
  host_.want(attempt, Encode{encodings, setting.jpeg_quality, setting.scale, own});
}

bool RemoteRoute::sends_lossless(const input::InputExtent& extent) const {
  const auto* taken = std::get_if<input::ImageSpec>(&manifest_.model.input);
  return manifest_.model.payload.lossless && taken != nullptr && extent.sizes[0] <= kLosslessSides * taken->width &&
         extent.sizes[1] <= kLosslessSides * taken->height;
}

bool RemoteRoute::wants_lossless() const { return manifest_.model.payload.lossless; }

EncodingList RemoteRoute::encodings_for(const input::InputExtent& extent) const {
  if (!sends_lossless(extent)) return link_.encodings();
  EncodingList kept;
  for (const wire::Encoding encoding : link_.encodings().view()) {
    if (!wire::loses(encoding)) kept.add(encoding);
  }
  return kept;
}

void RemoteRoute::resume(Attempt& attempt, Product product, Duration took, Instant now) {
  const auto* payload = std::get_if<Payload>(&product);
  if (payload == nullptr) {
    return host_.fail(attempt, {ErrorCode::kInvalidArgument, "a result came for an input whose payload was asked for"});
  }
  host_.input_of(attempt).cost->encode += took;
  static_cast<void>(send(attempt, *payload, host_.input_of(attempt).deadline, now));
}

bool RemoteRoute::send(Attempt& attempt, const Payload& payload, Instant until, Instant now) {
  return send_request(attempt, payload, false, until, now);
}

bool RemoteRoute::send_request(Attempt& attempt, const Payload& payload, bool parts_follow, Instant until,
                               Instant now) {
  const AttemptInput input = host_.input_of(attempt);
  const auto slot =
      std::find_if(slots_.begin(), slots_.end(), [&](const Slot& one) { return one.attempt == attempt.id; });
  const bool is_jpeg = payload.encoding == wire::Encoding::kJpeg;
  // What is placed comes in forms of very different sizes: the last one's says nothing of another setting.
  const bool adjustable = is_jpeg && !attempt.placed;
  flow_.encoded(adjustable ? std::optional(slot->setting) : std::nullopt, payload.bytes.size(), now - slot->asked);
  if (!link_.serving() ||
      now < hold_until_) {  // the server drains, or asked for a pause, since the payload was asked for
    host_.retry(attempt, false);
    return false;
  }
  const bool in_time = wire::is_of_features(payload.encoding) ? flow_.makes_it(payload.bytes.size(), until, now)
                                                              : is_in_time(payload.bytes.size(), until, now);
  if (!in_time) {  // it came out larger than expected
    // What is placed is known better now, and may go in another form.
    const bool whole = attempt.placed && attempt.placed->form == Form::kWhole;
    const bool own = attempt.placed && attempt.placed->form == Form::kFile;
    if (whole || (is_jpeg && !own && !flow_.is_smallest(slot->setting))) {
      host_.retry(attempt, false);
    } else {
      host_.fail(attempt,
                 {ErrorCode::kDeadlineExpired,
                  join_text({"a payload of ", payload.bytes.size(), " bytes can't be answered in time over a link of ",
                             flow_.bytes_per_s().value_or(0), " bytes a second"})});
    }
    return false;
  }
  auto request = make_request(input, payload, until, now);
  if (!request) {
    host_.fail(attempt, request.error());
    return false;
  }
  if (parts_follow) {
    request->parts_follow = true;
    request->budget = std::min(request->budget, flow_.time_for_parts(payload.bytes.size(), input.deadline, now));
  }
  --encoding_;
  attempt.wire_id = last_wire_id_ = request->id;
  attempt.sent = now;
  input.cost->wait = std::max(now - input.offered - input.cost->gate - input.cost->encode, Duration::zero());
  const std::size_t bytes = outbox_.push(*request, request->id);
  input.cost->bytes_up += bytes;
  flow_.handed(request->id, bytes, now);
  return true;
}

bool RemoteRoute::waits_for_parts(std::size_t first_bytes, Instant deadline, Instant now) const {
  return flow_.time_for_parts(first_bytes, deadline, now) > Duration::zero();
}

bool RemoteRoute::send_first(Attempt& attempt, const Payload& payload, Instant now) {
  return send_request(attempt, payload, true, host_.input_of(attempt).deadline, now);
}

bool RemoteRoute::has_room_for_part() const { return outbox_.unsent_bytes() <= kNearlyEmptyBytes; }

void RemoteRoute::add_part(Attempt& attempt, std::uint32_t number, Bytes bytes, bool last, Instant now) {
  // Without the request's number: a part is not withdrawn, but followed by the word that the request is given up.
  const std::size_t size = outbox_.push(wire::Part{attempt.wire_id, number, last, bytes});
  host_.input_of(attempt).cost->bytes_up += size;
  flow_.handed(attempt.wire_id, size, now);
}

Result<wire::Request> RemoteRoute::make_request(const AttemptInput& input, const Payload& payload, Instant until,
                                                Instant now) const {
  if (!link_.encodings().contains(payload.encoding)) {
    return fail(ErrorCode::kUnsupportedEncoding,
                {wire::encoding_name(payload.encoding),
                 " is not accepted by the server; accepted: ", wire::encoding_list(link_.encodings().view())});
  }
  if (payload.bytes.size() > most_payload_bytes()) {
    const auto limit = std::min<std::uint64_t>(link_.limits().max_message_bytes, options_.max_message_bytes);
    return fail(ErrorCode::kMessageTooLarge,
                {"a payload of ", payload.bytes.size(), " bytes does not fit in a message of at most ", limit});
  }
  wire::Request request;
  request.id = last_wire_id_ + 1;
  request.budget = std::min<Duration>(until - now, std::chrono::milliseconds(link_.limits().max_budget_ms));
  request.encoding = payload.encoding;
  request.extent = input.extent.sizes;
  request.traceparent = payload.traceparent;
  request.exit_point = payload.exit_point;
  request.least_agreement = input.audit ? 0 : options_.least_agreement;  // audits are of the model itself
  // The budget runs at the server from the request's arrival on: both ways are still to be taken off.
  if (request.least_agreement > 0) request.return_time = flow_.known_round_trip();
  if (link_.has(wire::kFeatureSharedReuse)) {
    request.embedding = std::as_bytes(input.key.embedding);
    request.reuse_distance = input.key.max_distance;
  }
  if (payload.encoding == wire::Encoding::kTensor) {
    const auto tensor = as_input_tensor(manifest_.model.input, payload.bytes);
    if (!tensor) return fail(tensor.error());
    request.tensors.push_back({link_.model_inputs().empty() ? std::string() : link_.model_inputs()[0], *tensor});
    return request;
  }
  const auto [width, height, third] = input.extent.sizes;
  const std::size_t pixels = std::size_t{width} * height * 3;  // both sides were checked by make_image()
  if (payload.encoding == wire::Encoding::kRgb8 && payload.bytes.size() != pixels) {
    return fail(ErrorCode::kInvalidImage,
                {"an rgb8 payload of ", payload.bytes.size(), " bytes for a picture of ", width, " x ", height});
  }
  request.payload = payload.bytes;
  return request;
}

void RemoteRoute::release(Attempt& attempt) {
  if (std::erase_if(slots_, [&](const Slot& slot) { return slot.attempt == attempt.id; }) == 0) return;
  if (attempt.wire_id == 0) {
    --encoding_;
  } else if (link_.open() && attempt.sent != Instant::max()) {
    if (outbox_.withdraw(attempt.wire_id)) return flow_.withdrawn(attempt.wire_id);
    flow_.given_up(attempt.wire_id, now_);
    outbox_.push(wire::Cancel{attempt.wire_id});
  }
}

void RemoteRoute::leave(Attempt& attempt, Instant until) {
  const bool awaited = holds(attempt) && attempt.wire_id != 0 && attempt.sent != Instant::max() && link_.open();
  if (!awaited || left_ || until <= now_) return release(attempt);
  std::erase_if(slots_, [&](const Slot& slot) { return slot.attempt == attempt.id; });
  left_ = Left{attempt.wire_id, until, attempt.route};
}

Attempt* RemoteRoute::find_wire(std::uint64_t wire_id) {
  for (const Slot& slot : slots_) {
    Attempt* attempt = host_.find_attempt(slot.attempt);
    if (attempt != nullptr && attempt->wire_id == wire_id) return attempt;
  }
  return nullptr;
}

bool RemoteRoute::known_id(std::uint64_t wire_id, Instant now) {
  if (link_.state() == ConnectionState::kReady && wire_id != 0 && wire_id <= last_wire_id_) return true;
  link_.abort(
      wire::kCloseProtocolError,
      {ErrorCode::kUnexpectedMessage, join_text({"the server answered request ", wire_id, ", which was never made"})},
      now);
  return false;
}

void RemoteRoute::on(const wire::Answer& answer, std::size_t bytes, Instant now) {
  if (!known_id(answer.request_id, now)) return;
  link_.proven();
  flow_.replied(answer.request_id, bytes, answer.cost.queue + answer.cost.decode + answer.cost.compute, now);
  Attempt* attempt = find_wire(answer.request_id);
  if (attempt == nullptr) return on_late(answer, bytes);  // cancelled or expired meanwhile
  Cost& cost = *host_.input_of(*attempt).cost;
  cost.bytes_down += bytes;
  cost.round_trip = now - attempt->sent;
  // What the server says of itself is not believed beyond the time that the request was away.
  cost.server_queue = std::min(answer.cost.queue, cost.round_trip);
  cost.server_decode = std::min(answer.cost.decode, cost.round_trip);
  cost.server_compute = std::min(answer.cost.compute, cost.round_trip);
  attempt->sent = Instant::max();  // the reply is here: nothing is to be cancelled
  auto outputs = outputs_of(answer);
  if (!outputs) return host_.fail(*attempt, std::move(outputs.error()));
  *host_.input_of(*attempt).variant = answer.variant;
  attempt->route->answered(*attempt, kind_of(answer.how), *std::move(outputs));
}

// Shown to the user and learned by REUSE, so what cannot be read must not pass for a result without detections.
Result<std::vector<OutputTensor>> RemoteRoute::outputs_of(const wire::Answer& answer) const {
  std::vector<OutputTensor> outputs;
  outputs.reserve(answer.outputs.size());
  for (const wire::NamedTensor& output : answer.outputs) {
    auto copy = Tensor::copy_of(output.tensor);
    if (!copy) return sluice::fail(copy.error());
    outputs.push_back({output.name, *std::move(copy)});
  }
  if (const auto checked = output::check_result(outputs, manifest_.model.output); !checked) {
    return sluice::fail(ErrorCode::kMalformedMessage,
                        {"the server's answer cannot be read: ", checked.error().message});
  }
  return outputs;
}

void RemoteRoute::on_late(const wire::Answer& answer, std::size_t bytes) {
  if (!left_ || left_->wire_id != answer.request_id) return;
  Route& route = *left_->route;
  left_.reset();
  if (auto outputs = outputs_of(answer)) route.answered_late(*std::move(outputs), bytes);
}

void RemoteRoute::answered(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor>&& outputs) {
  host_.answer(attempt, kind, std::move(outputs), {});
}

void RemoteRoute::on(const wire::ErrorMessage& error, std::size_t bytes, Instant now) {
  if (error.request_id == 0) return link_.on_connection_error(error, now);
  if (!known_id(error.request_id, now)) return;
  flow_.replied(error.request_id, bytes, server_time_of(error.code), now);
  if (error.code == ErrorCode::kShuttingDown) link_.drain(error.retry_after_ms, now);
  Attempt* attempt = find_wire(error.request_id);
  const bool overloaded = error.code == ErrorCode::kOverloaded || error.code == ErrorCode::kTooManyInFlight ||
                          error.code == ErrorCode::kRateLimited;
  if (overloaded) {
    const std::uint32_t pause_ms = error.retry_after_ms != 0 ? error.retry_after_ms : kDefaultHoldMs;
    hold_until_ = std::max(hold_until_, now + std::chrono::milliseconds(std::min(pause_ms, options_.backoff_max_ms)));
  }
  if (left_ && left_->wire_id == error.request_id) left_.reset();
  if (attempt == nullptr) return;
  attempt->sent = Instant::max();  // the reply is here: nothing is to be cancelled
  const AttemptInput input = host_.input_of(*attempt);
  input.cost->bytes_down += bytes;
  if (overloaded && input.deadline > hold_until_) return refused(*attempt);
  if (error.code == ErrorCode::kShuttingDown) return interrupted(*attempt);
  host_.fail(*attempt, reported(error));
}

// By a server that has too much to do. The slot is free; what another route made need not be made again.
void RemoteRoute::refused(Attempt& attempt) {
  if (!attempt.route->sends_again(attempt)) return host_.retry(attempt, false);
  release(attempt);
  attempt.wire_id = 0;
}

// Files have the time, and nowhere else to go.
bool RemoteRoute::awaits_next() const {
  return options_.queue == QueuePolicy::kKeepAll && options_.place == ModelPlace::kRemote;
}

void RemoteRoute::on_lost() {
  left_.reset();
  while (!slots_.empty()) {
    Attempt* attempt = host_.find_attempt(slots_.back().attempt);
    if (attempt == nullptr) {
      slots_.pop_back();
    } else {
      interrupted(*attempt);
    }
  }
}

// By a connection that went, or a server that drains: what another route made waits for the next one.
void RemoteRoute::interrupted(Attempt& attempt) {
  const bool awaited = awaits_next() && !link_.terminal();
  if (!awaited || !attempt.route->sends_again(attempt)) return host_.retry(attempt, true);
  release(attempt);
  attempt.wire_id = 0;
}

void RemoteRoute::on_welcome() {
  hold_until_ = Instant::min();
  flow_.connected(link_.handshake_time());
}

void RemoteRoute::on_pong() {
  if (const auto took = link_.round_trip_time()) flow_.round_trip(*took);
}

void RemoteRoute::tick(Instant now) {
  now_ = now;
  if (now >= hold_until_) hold_until_ = Instant::min();
  if (!left_ || now < left_->until) return;
  if (!outbox_.withdraw(left_->wire_id)) {
    flow_.given_up(left_->wire_id, now);
    outbox_.push(wire::Cancel{left_->wire_id});
  } else {
    flow_.withdrawn(left_->wire_id);
  }
  left_.reset();
}

}  // namespace sluice::pipeline
