// Runs of pictures over networks: every policy sees the same pictures at the same times, and both ways of each picture are worked out from
// there, so that the oracle is of the same run; what policies begin with are other pictures. Deterministic by the seed, but for what
// decisions are measured to cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "native/simulate/network/network_trace.hpp"
#include "native/simulate/placement/measured_picture.hpp"
#include "native/simulate/placement/placement_policy.hpp"

namespace sluice::simulate {

struct PlacementPlan {
  std::vector<double> device_slowdowns = {2, 6};  // of the device against the machine that measured
  double round_trip_ms = 50;
  double gap_s = 10;           // between pictures
  std::size_t requests = 400;  // on each network, with each device
  double seen_share = 0.25;    // of them: seen both ways before; not counted
  std::uint64_t seed = 1;
};

struct PolicyOutcome {
  std::string name;
  std::size_t right = 0;
  std::size_t right_where_it_matters = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
  double sent_mb = 0;
  double decision_us = 0;  // mean, measured
};

struct PlacementOutcome {
  std::string network;  // or "all"
  std::size_t count = 0;
  std::size_t matters = 0;  // the ways differ by more than 5 %
  PolicyOutcome oracle;
  std::vector<PolicyOutcome> policies;
};

// One for each network, and last all of them together. kInvalidArgument without pictures, networks or requests.
Result<std::vector<PlacementOutcome>> run_placement(const std::vector<MeasuredPicture>& pictures,
                                                    const std::vector<NetworkTrace>& networks,
                                                    const PlacementPlan& plan,
                                                    const std::function<void(std::size_t, std::size_t)>& progress);

// Networks to have some without any trace: rates that wander about those that PieSlicer's published lines imply (campus 20, 52 and 84
// Mbit/s, home 7). Seeded.
std::vector<NetworkTrace> made_up_networks(std::uint64_t seed);

}  // namespace sluice::simulate
