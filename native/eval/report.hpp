// The report of `sluice eval`: a table for people and one line of flat JSON with the keys that other tools rely on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native/eval/at_target.hpp"
#include "native/eval/measurement.hpp"
#include "native/eval/summary.hpp"

namespace sluice::eval {

struct ReportSubject {
  std::string bundle;         // "faces 1.0.0"
  std::string data;           // what was measured on
  AtTarget setting;           // the agreement asked for, of all questions together, and the thresholds that it takes
  bool reuses = false;        // the bundle asks REUSE
  double confidence = 0.95;   // of the thresholds
  std::vector<Score> scores;  // of each clip at the setting
  std::vector<Baseline> calibrated;  // with settings chosen on the calibration split; empty where they are not known
  std::string why_not_calibrated;    // and then this says why
};

// Agreement with its interval, what was answered without the model against the most that could be, cost, a row for each clip,
// the trivial baselines.
std::string table(const Measurement& measurement, const ReportSubject& subject);

// agreement, filter_rate (answered without the model, by all questions together), skip_rate, reuse_rate, false_hit_rate, optimal_rate (the
// most that SKIP alone could answer), optimal_rate_together (the most that SKIP and REUSE could; summary.hpp says what either is the
// optimum of), gate_ms, model_ms, samples, and target, confidence, threshold, agreement_low, agreement_high, redundant_share,
// missed_share, cost_share, distance_cap; for every_nth and frame_difference the agreement and filter rate at the calibrated setting
// (where known: _agreement, _rate), at the best one for this data and target (_best_agreement, _best_rate) and the filter rate
// of the best one that agrees at least as often as the gate did (_same_rate). `threshold` and `distance_cap` are null where the question
// answers nothing, since none is strict enough. No line break.
std::string json_line(const Measurement& measurement, const ReportSubject& subject);

}  // namespace sluice::eval
