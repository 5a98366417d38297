// The client pipeline through the C interface.
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/c/bundle.hpp"
#include "bindings/c/client_handle.hpp"
#include "bindings/c/device_half.hpp"
#include "bindings/c/loading.hpp"
#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/pipeline/client.hpp"
#include "core/pipeline/decision_halves.hpp"
#include "core/pipeline/split_route.hpp"
#include "core/wire/encoding.hpp"

namespace {

using namespace sluice;
namespace pipe = sluice::pipeline;

// As far as the records went in version 3.0.
constexpr std::size_t kFirstOptionsBytes = offsetof(sluice_client_options, stages);
constexpr std::size_t kFirstEventBytes = offsetof(sluice_event, stage);

template <typename T>
void override_default(T& value, std::uint64_t chosen) {
  if (chosen != 0) value = static_cast<T>(std::min<std::uint64_t>(chosen, std::numeric_limits<T>::max()));
}

struct Chosen {
  pipe::ClientOptions pipeline;
  bool stages = false;
  bool cut = false;
};

Result<Chosen> read_options(const sluice_client_options* from) {
  Chosen chosen;
  if (from == nullptr) return chosen;
  pipe::ClientOptions& options = chosen.pipeline;
  const auto record = c::read_record(from, kFirstOptionsBytes, "options");
  if (!record) return fail(record.error());
  if (record->queue > SLUICE_KEEP_ALL) {
    return fail(ErrorCode::kInvalidArgument, {"options.queue is ", record->queue, "; use 0 or 1"});
  }
  if (record->place > SLUICE_LOCAL) {
    return fail(ErrorCode::kInvalidArgument, {"options.place is ", record->place, "; use 0, 1 or 2"});
  }
  const auto name = c::read_text(static_cast<const char*>(record->client_name.data), record->client_name.length,
                                 "options.client_name");
  if (!name) return fail(name.error());
  options.queue = static_cast<pipe::QueuePolicy>(record->queue);
  options.place = static_cast<pipe::ModelPlace>(record->place);
  override_default(options.max_in_flight, record->max_in_flight);
  override_default(options.max_waiting, record->max_waiting);
  override_default(options.budget_ms, record->budget_ms);
  override_default(options.handshake_timeout_ms, record->handshake_timeout_ms);
  override_default(options.ping_interval_ms, record->ping_interval_ms);
  override_default(options.pong_timeout_ms, record->pong_timeout_ms);
  override_default(options.backoff_first_ms, record->backoff_first_ms);
  override_default(options.backoff_max_ms, record->backoff_max_ms);
  override_default(options.max_message_bytes, record->max_message_bytes);
  override_default(options.max_unsent_bytes, record->max_unsent_bytes);
  override_default(options.jitter_seed, record->jitter_seed);
  const auto private_answers = c::read_choice(record->private_answers, "private_answers");
  if (!private_answers) return fail(private_answers.error());
  options.private_answers = *private_answers;
  const auto stages = c::read_choice(record->stages, "stages");
  if (!stages) return fail(stages.error());
  chosen.stages = *stages;
  const auto cut = c::read_choice(record->cut, "cut");
  if (!cut) return fail(cut.error());
  if (*cut && !*stages) {
    return fail(ErrorCode::kInvalidArgument, "options.cut is 1 without options.stages, with which it runs");
  }
  chosen.cut = *cut;
  override_default(options.stale_answer_ms, record->stale_answer_ms);
  if (!(record->exits_mean_cost >= 0 && record->exits_mean_cost <= 1)) {
    return fail(ErrorCode::kInvalidArgument, "options.exits_mean_cost is no share of the model's cost, from 0 to 1");
  }
  options.exits_mean_cost = record->exits_mean_cost;
  if (!(record->least_agreement >= 0 && record->least_agreement <= 1)) {
    return fail(ErrorCode::kInvalidArgument, "options.least_agreement is no share of inputs, from 0 to 1");
  }
  options.least_agreement = record->least_agreement;
  if (const auto placing = c::read_placing(*record, options); !placing) return fail(placing.error());
  if (!name->empty()) options.client_name = *name;
  return chosen;
}

sluice_cost to_c(const pipe::Cost& cost) {
  return {cost.gate.count(),
          cost.encode.count(),
          cost.wait.count(),
          cost.round_trip.count(),
          cost.server_queue.count(),
          cost.server_decode.count(),
          cost.server_compute.count(),
          cost.local_compute.count(),
          cost.bytes_up,
          cost.bytes_down};
}

// Fills a record from each kind of event; texts and tensors stay with the event.
struct EventWriter {
  sluice_event& out;
  const std::vector<pipe::ModelVariant>& variants;

  void fail_with(const Error& error) const {
    out.status = static_cast<sluice_status>(error.code);
    out.text = c::to_c(error.message);
  }
  void operator()(const pipe::Answered& event) const {
    out.kind = SLUICE_ANSWERED;
    out.input = event.answer.input;
    out.answer_kind = static_cast<sluice_answer_kind>(event.answer.kind);
    out.score = event.answer.score;
    out.threshold = event.answer.threshold;
    out.output_count = static_cast<std::uint32_t>(event.answer.outputs.size());
    out.text = c::to_c(event.answer.reason);
    out.cost = to_c(event.answer.cost);
    out.multiply_adds = event.answer.cost.local_multiply_adds;
    out.stopgap = event.answer.stopgap ? 1 : 0;
    out.placed = event.answer.placement != nullptr ? 1 : 0;
    out.audited = event.answer.audited ? 1 : 0;
    out.variant = c::to_c(event.answer.variant);
    for (const pipe::ModelVariant& one : variants) {
      if (one.name == event.answer.variant) out.agreement = one.agreement;
    }
  }
  void operator()(const pipe::InputFailed& event) const {
    out.kind = SLUICE_INPUT_FAILED;
    out.input = event.failed.input;
    out.cost = to_c(event.failed.cost);
    out.multiply_adds = event.failed.cost.local_multiply_adds;
    fail_with(event.failed.error);
  }
  void operator()(const pipe::AuditEnded& event) const {
    out.kind = SLUICE_AUDIT_ENDED;
    out.input = event.input;
    out.audit_result = static_cast<sluice_audit_result>(event.result);
    out.cost = to_c(event.cost);
  }
  void operator()(const pipe::PromiseChanged&) const { out.kind = SLUICE_PROMISE_CHANGED; }
  void operator()(const pipe::RunWanted& event) const {
    out.kind = SLUICE_RUN_WANTED;
    out.attempt = event.attempt;
    out.input = event.input;
    std::visit(*this, event.work);
  }
  void operator()(const pipe::Encode& work) const {
    out.work = SLUICE_ENCODE;
    for (const wire::Encoding encoding : work.encodings.view()) {
      if (wire::is_of_features(encoding)) continue;
      out.encodings[out.encoding_count++] = static_cast<sluice_encoding>(encoding);
    }
    out.jpeg_quality = work.jpeg_quality;
    out.scale = work.scale;
    out.own = work.own ? 1 : 0;
  }
  void operator()(const pipe::RunStage& work) const {
    out.work = SLUICE_RUN_STAGE;
    out.part = c::to_c(work.part);
    out.stage = work.stage;
    out.with_exit = work.with_exit ? 1 : 0;
    out.coded = work.coded ? 1 : 0;
  }
  void operator()(const pipe::ConnectWanted&) const { out.kind = SLUICE_CONNECT_WANTED; }
  void operator()(const pipe::CloseWanted& event) const {
    out.kind = SLUICE_CLOSE_WANTED;
    out.close_code = event.code;
  }
  void operator()(const pipe::StateChanged& event) const {
    out.kind = SLUICE_STATE_CHANGED;
    out.state = static_cast<sluice_connection_state>(event.state);
    out.retry_in_ms = event.retry_in_ms;
    if (event.why) fail_with(*event.why);
  }
};

Result<Error> read_error(sluice_status status, const char* text, std::size_t length) {
  const auto message = c::read_text(text, length, "text");
  if (!message) return fail(message.error());
  return Error{c::read_status(status), std::string(*message)};
}

}  // namespace

namespace sluice::c {

Result<void> offer(sluice_client& client, const sluice_input* input, const pipe::OwnForm& own, std::int64_t now_us,
                   std::uint64_t* out_input) {
  if (out_input == nullptr) return null_argument("out_input");
  const auto view = read_input(input, client.frames);
  if (!view) return fail(view.error());
  const auto id = client.client->offer(*view, instant(now_us), own);
  if (!id) return fail(id.error());
  *out_input = *id;
  return {};
}

}  // namespace sluice::c

sluice_status sluice_client_create(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                   const sluice_client_options* options, sluice_client** out, sluice_error* error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    if (bundle == nullptr) return c::null_argument("bundle");
    const auto chosen = read_options(options);
    if (!chosen) return fail(chosen.error());
    auto contents = c::read_parts(parts, part_count);
    if (!contents) return fail(contents.error());
    auto further_routes = c::take_device_half(bundle->manifest, chosen->pipeline, *contents);
    if (!further_routes) return fail(further_routes.error());
    const bool runs_half = !further_routes->empty();
    std::vector<std::unique_ptr<pipe::Question>> questions;
    if (!contents->empty()) {
      auto made = pipe::make_questions(bundle->manifest, *contents, c::loading());
      if (!made) return fail(std::move(made).error());
      questions = std::move(*made);
    }
    auto stand_in = c::stand_in_route(bundle->manifest, chosen->pipeline);
    if (!stand_in) return fail(std::move(stand_in).error());
    if (*stand_in) further_routes->push_back(std::move(*stand_in));
    auto handle = std::make_unique<sluice_client>();
    handle->variants = bundle->manifest.variants;
    if (runs_half) handle->device_part = bundle->manifest.split->device;
    c::StageRoutes stages;
    if (chosen->stages) stages = c::stage_routes(bundle->manifest, chosen->pipeline, chosen->cut);
    if (stages.cut) further_routes->push_back(std::move(stages.cut));
    handle->stages = stages.local != nullptr;
    handle->client.emplace(bundle->manifest, std::move(questions), chosen->pipeline, &handle->clock, *further_routes,
                           stages.local);
    if (auto placed = c::place_inputs(*handle->client, bundle->manifest, chosen->pipeline); !placed) return placed;
    *out = handle.release();
    return {};
  });
}

void sluice_client_destroy(sluice_client* client) { delete client; }

sluice_status sluice_client_start(sluice_client* client, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    pipeline.start(c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_stop(sluice_client* client, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    pipeline.stop(c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_offer(sluice_client* client, const sluice_input* input, int64_t now_us, uint64_t* out_input,
                                  sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client&) { return c::offer(*client, input, {}, now_us, out_input); });
}

sluice_status sluice_client_cancel(sluice_client* client, uint64_t input, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    pipeline.cancel(input, c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_submit_payload(sluice_client* client, uint64_t attempt, sluice_encoding encoding,
                                           const void* payload, size_t payload_length, const char* traceparent,
                                           size_t traceparent_length, int64_t encode_us, int64_t now_us,
                                           sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    const auto bytes = c::read_bytes(payload, payload_length, "payload");
    if (!bytes) return fail(bytes.error());
    const auto trace = c::read_text(traceparent, traceparent_length, "traceparent");
    if (!trace) return fail(trace.error());
    const auto known = static_cast<wire::Encoding>(encoding);
    if (!wire::is_known(known) || wire::is_of_features(known)) {
      return fail(ErrorCode::kInvalidArgument, {"an encoding ", encoding, " of inputs does not exist"});
    }
    pipeline.submit(attempt, pipe::Payload{known, *bytes, *trace}, Duration(encode_us), c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_submit_outputs(sluice_client* client, uint64_t attempt, const sluice_tensor* outputs,
                                           uint32_t output_count, const char* traceparent, size_t traceparent_length,
                                           int64_t compute_us, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    auto tensors = c::read_outputs(outputs, output_count);
    if (!tensors) return fail(std::move(tensors).error());
    const auto trace = c::read_text(traceparent, traceparent_length, "traceparent");
    if (!trace) return fail(trace.error());
    const Instant now = c::instant(now_us);
    const Duration took(compute_us);
    const bool halves = attempt == client->device_attempt && tensors->size() > pipe::kEndsOutput;
    if (client->records && halves) client->log.line(pipe::halves_line(now, took, *tensors));
    pipeline.submit(attempt, pipe::StageOutputs(std::move(*tensors), *trace), took, now);
    return {};
  });
}

sluice_status sluice_client_fail(sluice_client* client, uint64_t attempt, sluice_status status, const char* text,
                                 size_t text_length, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    auto why = read_error(status, text, text_length);
    if (!why) return fail(std::move(why).error());
    pipeline.fail(attempt, std::move(*why), c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_connected(sluice_client* client, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    pipeline.connected(c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_receive(sluice_client* client, const void* message, size_t message_length, int64_t now_us,
                                    sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    const auto bytes = c::read_bytes(message, message_length, "message");
    if (!bytes) return fail(bytes.error());
    pipeline.receive(*bytes, c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_disconnected(sluice_client* client, sluice_status status, const char* text,
                                         size_t text_length, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    auto why = read_error(status, text, text_length);
    if (!why) return fail(std::move(why).error());
    pipeline.disconnected(std::move(*why), c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_next_event(sluice_client* client, sluice_event* out, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    // Checked before an event is taken, so that none is lost.
    if (const auto record = c::read_record(out, kFirstEventBytes, "out"); !record) return fail(record.error());
    client->event = pipeline.next_event();
    if (const auto* wanted = client->event ? std::get_if<pipe::RunWanted>(&*client->event) : nullptr) {
      const auto* stage = std::get_if<pipe::RunStage>(&wanted->work);
      if (stage != nullptr && stage->part == client->device_part) client->device_attempt = wanted->attempt;
    }
    sluice_event record{};
    if (client->event) std::visit(EventWriter{record, client->variants}, *client->event);
    return c::write_record(out, record, kFirstEventBytes, "out");
  });
}

sluice_status sluice_client_event_output(sluice_client* client, uint32_t index, sluice_tensor* out,
                                         sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client&) -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    const auto* answered = client->event ? std::get_if<pipe::Answered>(&*client->event) : nullptr;
    const std::size_t count = answered != nullptr ? answered->answer.outputs.size() : 0;
    if (index >= count) {
      return fail(ErrorCode::kNotFound, {"there is no output ", index, "; the last event has ", count});
    }
    const pipe::OutputTensor& output = answered->answer.outputs[index];
    *out = c::to_c(output.tensor.view(), output.name);
    return {};
  });
}

sluice_status sluice_client_next_message(sluice_client* client, sluice_bytes* out, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    const std::string* message = pipeline.next_message();
    *out = message != nullptr ? c::to_c(*message) : sluice_bytes{};
    return {};
  });
}

sluice_status sluice_client_sent(sluice_client* client, uint64_t bytes, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    pipeline.sent(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, SIZE_MAX)), c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_next_deadline(sluice_client* client, int64_t* out_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    if (out_us == nullptr) return c::null_argument("out_us");
    *out_us = pipeline.next_deadline().time_since_epoch().count();
    return {};
  });
}

sluice_status sluice_client_tick(sluice_client* client, int64_t now_us, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    pipeline.tick(c::instant(now_us));
    return {};
  });
}

sluice_status sluice_client_set_accuracy_target(sluice_client* client, float target, float* out_kept,
                                                sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    if (out_kept == nullptr) return c::null_argument("out_kept");
    if (auto checked = c::check_target(target); !checked) return checked;
    *out_kept = pipeline.set_accuracy_target(target);
    return {};
  });
}

sluice_status sluice_client_get_state(sluice_client* client, sluice_client_state* out, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    sluice_client_state state{};
    state.connection = static_cast<sluice_connection_state>(pipeline.state());
    state.in_flight = pipeline.in_flight();
    state.waiting = pipeline.waiting();
    state.unsent_bytes = pipeline.unsent_bytes();
    return c::write_record(out, state, sizeof(sluice_client_state), "out");
  });
}

sluice_status sluice_client_record(sluice_client* client, uint32_t on, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    client->records = on != 0;
    pipeline.record_to(on != 0 ? &client->log : nullptr);
    if (on == 0) client->log.clear();
    return {};
  });
}

sluice_status sluice_client_next_log_line(sluice_client* client, sluice_bytes* out, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client&) -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    const std::string* line = client->log.next();
    *out = line != nullptr ? c::to_c(*line) : sluice_bytes{};
    return {};
  });
}
