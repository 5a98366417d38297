// The validation table of MDInference: what an implementation has to come to with eleven models, a GPU server and a network of 50 ms and a
// deviation of 25 ms each way, and how far this one is off. The values were calculated by two independent simulations from the
// released parameters and differ between seeds by about 0.5 points and 0.015. Also the figures with duplication and the sweep of the
// network's variation. Deterministic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::simulate {

struct TableCheck {
  std::string what;
  double accuracy = 0;
  double stated_accuracy = 0;
  double late = 0;
  double stated_late = 0;
  double mean_ms = 0;
  double stated_mean_ms = 0;  // 0: not stated
};

// The table's rows, both policies.
std::vector<TableCheck> check_published_table(std::size_t requests, std::uint64_t seed);
// All 23 models with duplication.
std::vector<TableCheck> check_published_duplication(std::size_t requests, std::uint64_t seed);
// The network's coefficient of variation, mean 100 ms, SLA 250.
std::vector<TableCheck> check_published_variation(std::size_t requests, std::uint64_t seed);

struct TableError {
  double accuracy = 0;  // points
  double late = 0;      // share
};
TableError largest_error(const std::vector<TableCheck>& checks);

}  // namespace sluice::simulate
