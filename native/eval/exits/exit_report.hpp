// What `sluice eval` says of a bundle with early exits. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "native/eval/exits/cut_report.hpp"
#include "native/eval/exits/exit_drift.hpp"
#include "native/eval/exits/exit_measurement.hpp"
#include "native/eval/exits/exit_points.hpp"
#include "native/eval/exits/exit_promise.hpp"
#include "native/eval/exits/exit_times.hpp"

namespace sluice::eval {

// One of the bundle's points, as it did on the measured inputs.
struct ExitsAtTarget {
  double target = 0;
  ExitReplay replayed;
};

struct ExitReport {
  std::string bundle;
  std::string data;
  bool labelled = true;  // otherwise "right" is what the full model answers
  std::vector<exits::ExitPlace> places;
  std::vector<ExitsAtTarget> points;
  double target = 0;                  // that was asked for
  std::uint32_t every = 1;            // every n-th picture; other systems were measured on all
  std::optional<std::size_t> chosen;  // of the points, the one that it takes; nothing: the model runs whole
  std::optional<ExitTimes> times;     // natively
  std::optional<ExitTimes> wasm_times;
  std::optional<double> weights_bytes;  // of model and branches, as our engine holds them
  std::string backbone;                 // as the other systems' points call it
  std::vector<ExitSystemPoint> others;
  std::vector<ExitPromiseAtTarget> promises;  // calibrated anew, at the points' targets
  std::vector<DriftRow> drift;                // empty: not asked for
  std::optional<CutReport> cut;               // where a server may go on
};

struct EvaluatedExits {
  ExitMeasurement measured;
  ExitReport report;
};

double full_accuracy(const ExitMeasurement& measured);
double over_model(const ExitMeasurement& measured, double multiply_adds);

std::string exit_table(const ExitMeasurement& measured, const ExitReport& report);

}  // namespace sluice::eval
