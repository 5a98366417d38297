// Clients that send pictures to a server with model variants, request by request: the network takes what a distribution or a trace says,
// the server's workers take requests in the order of their arrival, the policy selects. Deterministic by its seed. Pure function of its
// setup.
//
// Times are the simulation's. The server knows how long a picture took to come, as in the paper. In traces each client has a link of
// its own that carries one picture after the other; what it expects of the link is core's LinkEstimate, fed by the answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "native/simulate/network/network_trace.hpp"
#include "native/simulate/selection/model_table.hpp"
#include "native/simulate/selection/policy.hpp"

namespace sluice::simulate {

struct SelectionSetup {
  std::vector<std::size_t> models;     // of table_models(), at least one
  bool gpu = true;                     // the server's times: p2's, or c5's
  TableNetwork network{"", 0, 0};      // looked at where there is no trace
  bool one_draw_for_both_ways = true;  // as published; otherwise the way back is a draw of its own that nobody knows
  const NetworkTrace* trace = nullptr;
  double trace_round_trip_ms = 40;  // beside what the bytes take
  double picture_bytes = 54'000;    // of a picture of side 331; others in proportion to their pixels
  std::uint32_t clients = 16;
  double sla_ms = 250;
  std::size_t requests = 10'000;
  std::uint32_t workers = 0;   // 0: requests never wait for one, as published
  double requests_per_s = 10;  // of all clients together
  double device_ms = 30;
  double device_deviation_ms = 3;
  std::uint64_t seed = 1;
};

struct SelectionOutcome {
  double model_accuracy = 0;  // mean of the models that ran at the server, late or not
  double mean_ms = 0;         // to the server's answer
  double p99_ms = 0;
  double late = 0;            // share of the server's answers
  double accuracy = 0;        // with the device's answer in place of a late one
  double accuracy_alone = 0;  // with nothing in its place
  double attainment = 0;      // share of requests with an answer in time, the device's or the server's
  double duplicates = 0;      // share of requests that ran on the device as well
};

// kInvalidArgument for a setup without models, requests or time.
Result<SelectionOutcome> simulate_selection(const SelectionSetup& setup, Policy policy);

}  // namespace sluice::simulate
