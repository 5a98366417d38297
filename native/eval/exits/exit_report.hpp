// What `sluice eval` says of a bundle with early exits. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "native/eval/exits/exit_measurement.hpp"

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
  std::optional<std::size_t> chosen;  // of the points, the one that it takes; nothing: the model runs whole
  std::optional<ExitTimes> times;     // at that one
};

std::string exit_table(const ExitMeasurement& measured, const ExitReport& report);
// One line. `accuracy`, `backbone_accuracy`, `agreement`, `macs_over_backbone`, `ms_over_backbone_native`, `exits_kept`,
// `exits_cost_share`, `target`, `samples`; null where no point takes the target.
std::string exit_json(const ExitMeasurement& measured, const ExitReport& report);

}  // namespace sluice::eval
