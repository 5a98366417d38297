// What `sluice simulate placement` prints: tables for people, a picture, and one line of flat JSON. Pure functions.
#pragma once

#include <span>
#include <string>

#include "native/simulate/placement/model_families.hpp"
#include "native/simulate/placement/placement_runs.hpp"

namespace sluice::simulate {

// Of the pictures: how many, their sizes and times at the quartiles.
std::string pictures_report(std::span<const MeasuredPicture> pictures);
std::string placement_report(const PlacementOutcome& outcome);
// The shipped policy on each network.
std::string networks_report(std::span<const PlacementOutcome> outcomes);
std::string placement_plot(const PlacementOutcome& outcome);  // an SVG
std::string families_report(std::span<const FamilyError> families);

// Of all networks together: `decision_accuracy` and `always_device_accuracy` where the ways differ by more than 5 %, the same of all
// decisions (`..._all`), `p99_over_oracle`, and the worst network's `p99_over_oracle_worst`; `decision_us`. null where there was none.
std::string placement_json(std::span<const PlacementOutcome> outcomes);

}  // namespace sluice::simulate
