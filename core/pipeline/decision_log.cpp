#include "core/pipeline/decision_log.hpp"

#include <algorithm>
#include <bit>

namespace sluice::pipeline {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string start_of(std::int64_t microseconds, std::string_view what) {
  std::string line = std::to_string(microseconds);
  line += ' ';
  line += what;
  return line;
}

void append(std::string& line, std::uint64_t number) {
  line += ' ';
  line += std::to_string(number);
}

std::uint64_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

}  // namespace

void DecisionRecorder::record(Instant now, std::string_view what, std::initializer_list<std::uint64_t> numbers) {
  if (sink_ == nullptr) return;
  std::string line = start_of(now.time_since_epoch().count(), what);
  for (const std::uint64_t number : numbers) append(line, number);
  sink_->line(line);
}

// A verdict's kind is written as 1 + its number, 0 for none; numbers that must come back exactly as their bits.
void DecisionRecorder::record_question(Instant now, std::size_t index, const Result<Verdict>& verdict) {
  if (sink_ == nullptr) return;
  if (!verdict) return record(now, "ask-failed", {index, static_cast<std::uint64_t>(verdict.error().code)});
  const std::uint64_t kind = verdict->kind ? 1 + static_cast<std::uint64_t>(*verdict->kind) : 0;
  record(now, "ask", {index, kind, bits(verdict->score), bits(verdict->threshold)});
}

void DecisionRecorder::record_offer(Instant now, const input::InputExtent& extent, const OwnForm& own) {
  const auto& [first, second, third] = extent.sizes;
  const auto modality = static_cast<std::uint64_t>(extent.modality);
  if (own.bytes == 0) return record(now, "offer", {modality, first, second, third});
  record(now, "offer",
         {modality, first, second, third, static_cast<std::uint64_t>(own.encoding), own.bytes, bits(own.quantiser)});
}

// A payload by its encoding and size, a result of this device by neither: what was in it decides nothing.
void DecisionRecorder::record_product(Instant now, AttemptId attempt, const Product& product, Duration took) {
  const auto spent = static_cast<std::uint64_t>(std::max(took, Duration::zero()).count());
  if (const auto* payload = std::get_if<Payload>(&product)) {
    return record(now, "payload",
                  {attempt, static_cast<std::uint64_t>(payload->encoding), payload->bytes.size(),
                   payload->traceparent.size(), spent});
  }
  record(now, "result", {attempt, spent});
}

void DecisionRecorder::record_placement(Instant now, InputId input, const PlacementRecord& placement) {
  if (sink_ == nullptr) return;
  const auto microseconds = [](double ms) { return static_cast<std::uint64_t>(std::clamp(ms * 1e3, 0.0, 1e15)); };
  for (const ConsideredAnswer& one : placement.all()) {
    const std::uint64_t flags = (one.in_time ? 1U : 0U) | (one.allowed ? 2U : 0U) | (one.full_model ? 4U : 0U);
    record(now, "considered",
           {input, static_cast<std::uint64_t>(one.kind), static_cast<std::uint64_t>(one.form), one.setting, flags,
            microseconds(one.predicted.mean_ms), microseconds(one.predicted.p95_ms), one.bytes, bits(one.cost),
            bits(one.error)});
  }
  const ConsideredAnswer& chosen = placement.chosen();
  record(now, "placed",
         {input, static_cast<std::uint64_t>(chosen.form), microseconds(chosen.predicted.mean_ms),
          microseconds(static_cast<double>(placement.actual_ms)), chosen.bytes, placement.actual_bytes,
          static_cast<std::uint64_t>(placement.duplicate), static_cast<std::uint64_t>(chosen.kind), chosen.setting,
          bits(chosen.cost), bits(placement.actual_cost), bits(chosen.error), bits(placement.price_per_error),
          placement.asked, placement.guarded ? 1U : 0U});
}

void DecisionRecorder::record_comparison(adapt::AnswerKind kind, float expected, bool wrong) {
  record(Instant{}, "compared", {static_cast<std::uint64_t>(kind), bits(expected), wrong ? 1U : 0U});
}

void DecisionRecorder::record_known(std::size_t place, float score, bool wrong) {
  record(Instant{}, "known", {place, bits(score), wrong ? 1U : 0U});
}

void DecisionRecorder::record_target(float asked, const std::vector<float>& spent) {
  if (sink_ == nullptr) return;
  std::string line = start_of(0, "target");
  append(line, bits(asked));
  for (const float error : spent) append(line, bits(error));
  sink_->line(line);
}

void DecisionRecorder::record_bytes(Instant now, std::string_view what, Bytes bytes) {
  if (sink_ == nullptr) return;
  std::string line = start_of(now.time_since_epoch().count(), what);
  line.reserve(line.size() + bytes.size() * 2);
  for (const std::byte byte : bytes) {
    line += kHexDigits[std::to_integer<std::size_t>(byte) >> 4U];
    line += kHexDigits[std::to_integer<std::size_t>(byte) & 15U];
  }
  sink_->line(line);
}

}  // namespace sluice::pipeline
