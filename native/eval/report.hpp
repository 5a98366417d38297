// The report of `sluice eval`: a table for people and one line of flat JSON with the keys that other tools rely on.
#pragma once

#include <string>
#include <string_view>

#include "core/pipeline/manifest.hpp"
#include "native/eval/measurement.hpp"

namespace sluice::eval {

struct ReportSubject {
  std::string bundle;              // "faces 1.0.0"
  std::string data;                // what was measured on
  pipeline::OperatingPoint point;  // the calibrated one that was used
  double target = 0.9;             // the agreement asked for
};

// Agreement with its interval, filter rate against the optimum, cost, a row for each clip, the trivial baselines.
std::string table(const Measurement& measurement, const ReportSubject& subject);

// agreement, filter_rate, optimal_rate, gate_ms, model_ms, samples, and target, confidence, threshold, agreement_low,
// agreement_high, redundant_share, missed_share, cost_share; no line break.
std::string json_line(const Measurement& measurement, const ReportSubject& subject);

}  // namespace sluice::eval
