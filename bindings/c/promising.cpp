// The live promise through the C interface. In modules that run full models.
#include "bindings/c/client_handle.hpp"
#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/pipeline/promise_standing.hpp"

namespace {

using namespace sluice;
namespace pipe = sluice::pipeline;

template <typename Body>
sluice_status with_promise(sluice_client* client, sluice_error* error, Body&& body) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    const auto standing = pipeline.promise();
    if (!standing) return fail(ErrorCode::kNotFound, "this client keeps no live promise, or its target is 1");
    return body(*standing);
  });
}

}  // namespace

sluice_status sluice_client_promise(sluice_client* client, sluice_promise* out, sluice_error* error) {
  return with_promise(client, error, [&](const pipe::PromiseStanding& standing) -> Result<void> {
    const promise::PromiseReport& report = standing.report;
    sluice_promise record{};
    record.state = static_cast<sluice_promise_state>(report.state);
    record.since = report.since;
    record.inputs = report.inputs;
    record.answered = report.answered;
    record.audits = report.audits;
    record.pending = report.pending;
    record.found = report.found;
    record.proven_least = report.proven.least;
    record.proven_most = report.proven.most;
    record.alarms = report.alarms;
    record.last_alarm = report.last_alarm;
    record.target = report.target;
    record.confidence = report.confidence;
    record.allowed_errors = report.allowed_errors;
    record.errors = report.whole.errors;
    record.deviation = report.whole.deviation;
    record.recent_inputs = report.recent.inputs;
    record.recent_errors = report.recent.errors;
    record.recent_deviation = report.recent.deviation;
    record.alarm_nearness = report.alarm_nearness;
    record.audit_bytes_up = standing.audits.bytes_up;
    record.audit_bytes_down = standing.audits.bytes_down;
    record.audit_compute_us = (standing.audits.server_compute + standing.audits.local_compute).count();
    record.place_count = static_cast<std::uint32_t>(standing.place_count);
    return c::write_record(out, record, sizeof(sluice_promise), "out");
  });
}

sluice_status sluice_client_promise_place(sluice_client* client, uint32_t index, sluice_promise_place* out,
                                          sluice_error* error) {
  return with_promise(client, error, [&](const pipe::PromiseStanding& standing) -> Result<void> {
    if (index >= standing.place_count) {
      return fail(ErrorCode::kNotFound,
                  {"there is no place ", index, "; ", standing.place_count, " answer without the full model"});
    }
    sluice_promise_place record{};
    record.threshold = standing.places[index].threshold;
    record.name = c::to_c(standing.places[index].name);
    return c::write_record(out, record, sizeof(sluice_promise_place), "out");
  });
}

sluice_status sluice_client_save_promise(sluice_client* client, sluice_bytes* out, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    if (out == nullptr) return c::null_argument("out");
    client->saved = pipeline.save_promise();
    *out = c::to_c(client->saved);
    return {};
  });
}

sluice_status sluice_client_restore_promise(sluice_client* client, const void* state, size_t state_length,
                                            sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    const auto bytes = c::read_bytes(state, state_length, "state");
    if (!bytes) return fail(bytes.error());
    return pipeline.restore_promise(*bytes);
  });
}

sluice_status sluice_client_feedback(sluice_client* client, uint64_t input, uint32_t wrong, int64_t now_us,
                                     sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client& pipeline) -> Result<void> {
    const auto said = c::read_choice(wrong, "wrong");
    if (!said) return fail(said.error());
    return pipeline.feedback(input, *said, c::instant(now_us));
  });
}
