// Inputs that are placed, through the C interface: the file that comes with one, and what an answer says of it. In modules that run full
// models.
#include <algorithm>
#include <cstdint>
#include <variant>

#include "bindings/c/client_handle.hpp"
#include "bindings/c/loading.hpp"
#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/pipeline/placement_record.hpp"

namespace {

using namespace sluice;
namespace pipe = sluice::pipeline;

// Of milliseconds within the bounds of a 64-bit number; NaN is none.
std::int64_t microseconds(double ms) {
  constexpr double kMost = 1e15;
  return ms > 0 ? static_cast<std::int64_t>(std::min(ms, kMost) * 1e3) : 0;
}

// Runs `body` on the placement of the answer that the last event gave.
template <typename Body>
sluice_status with_placement(sluice_client* client, sluice_error* error, Body&& body) {
  return c::with_client(client, error, [&](pipe::Client&) -> Result<void> {
    const auto* answered = client->event ? std::get_if<pipe::Answered>(&*client->event) : nullptr;
    if (answered == nullptr || answered->answer.placement == nullptr) {
      return fail(ErrorCode::kNotFound, "the last event is no answer for an input that was placed");
    }
    return body(*answered->answer.placement);
  });
}

}  // namespace

sluice_status sluice_client_offer_jpeg(sluice_client* client, const sluice_input* input, const void* jpeg,
                                       size_t jpeg_length, int64_t now_us, uint64_t* out_input, sluice_error* error) {
  return c::with_client(client, error, [&](pipe::Client&) -> Result<void> {
    const auto file = c::read_bytes(jpeg, jpeg_length, "jpeg");
    if (!file) return fail(file.error());
    return c::offer(*client, input, c::own_form(*file), now_us, out_input);
  });
}

sluice_status sluice_client_event_placement(sluice_client* client, sluice_placement* out, sluice_error* error) {
  return with_placement(client, error, [&](const pipe::PlacementRecord& placement) -> Result<void> {
    sluice_placement record{};
    record.considered_count = placement.count;
    record.taken = placement.taken;
    record.duplicate = static_cast<sluice_duplicate>(placement.duplicate);
    record.actual_us = microseconds(static_cast<double>(placement.actual_ms));
    record.actual_bytes = placement.actual_bytes;
    record.asked = placement.asked;
    record.guarded = placement.guarded ? 1 : 0;
    record.price_per_error = placement.price_per_error;
    record.actual_cost = placement.actual_cost;
    return c::write_record(out, record, sizeof(sluice_placement), "out");
  });
}

sluice_status sluice_client_event_considered(sluice_client* client, uint32_t index, sluice_considered* out,
                                             sluice_error* error) {
  return with_placement(client, error, [&](const pipe::PlacementRecord& placement) -> Result<void> {
    if (index >= placement.count) {
      return fail(ErrorCode::kNotFound, {"there is no answer ", index, "; ", placement.count, " were considered"});
    }
    const pipe::ConsideredAnswer& one = placement.considered[index];
    sluice_considered record{};
    record.choice = static_cast<sluice_choice>(one.kind);
    record.form = static_cast<sluice_form>(one.form);
    record.setting = one.setting;
    record.in_time = one.in_time ? 1 : 0;
    record.allowed = one.allowed ? 1 : 0;
    record.full_model = one.full_model ? 1 : 0;
    record.predicted_us = microseconds(one.predicted.mean_ms);
    record.predicted_p95_us = microseconds(one.predicted.p95_ms);
    record.bytes = one.bytes;
    record.cost = one.cost;
    record.error = one.error;
    return c::write_record(out, record, sizeof(sluice_considered), "out");
  });
}
