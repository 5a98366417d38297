// What `sluice simulate choice` runs: the one choice and every fixed system under each condition (a network, a device, how busy the server is,
// what things cost), and the best fixed ones. A fixed system is one option of the table, or one behind the gate; of each family the setting
// is taken that turned out to be the cheapest of those that kept the promise and the deadline in that very run, which nobody
// could know beforehand. Deterministic by the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "native/simulate/choice/choice_simulation.hpp"

namespace sluice::simulate {

struct NamedWeights {
  std::string name;
  adapt::CostWeights weights;
};

struct ChoicePlan {
  std::vector<NetworkTrace> networks;
  std::vector<double> device_mac_per_us = {2'000,
                                           300};  // multiply-adds a microsecond, which is thousands a millisecond
  std::vector<double> server_loads = {0.3, 0.8};
  std::vector<NamedWeights> weights;
  double target = 0.95;
  double deadline_ms = 150;
  double kept_in_time = 0.95;  // share of answers within it that counts as kept
  double gap_ms = 100;
  double round_trip_ms = 40;
  double check_share = 0.01;
  std::size_t inputs = 10'000;
  std::uint64_t seed = 1;
};

// Of the networks, where there are no others: steady about 0.27, 1, 6 and 20 Mbit/s.
std::vector<NetworkTrace> made_up_links(std::uint64_t seed);
// Device, kilobytes, server: even, the server's time dear, bytes dear.
std::vector<NamedWeights> usual_weights();

struct BestFixed {
  std::string family;  // "exits", "gate and exits", ...
  bool gated = false;
  std::string setting;
  ChoiceOutcome outcome;
};

struct ChoiceCondition {
  std::string network;
  double device_mac_per_us = 0;
  double server_load = 0;
  std::string weights;
  ChoiceOutcome choice;
  std::vector<BestFixed> best;  // one for each family that keeps promise and deadline

  std::string name() const;
  // The cheapest of one system alone, or of all; nullptr where none keeps both.
  const BestFixed* best_single() const;
  const BestFixed* best_of_all() const;
};

Result<std::vector<ChoiceCondition>> run_choice(const AnswerTable& table, const ChoicePlan& plan,
                                                const std::function<void(std::size_t, std::size_t)>& progress);

// Whether an outcome keeps both.
bool keeps(const ChoiceOutcome& outcome, const ChoicePlan& plan);

}  // namespace sluice::simulate
