// `sluice simulate placement` without the command line around it: its options, and the run that prints.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::simulate {

struct PlacementSimulation {
  std::vector<std::string> photos;
  std::size_t pictures = 200;
  std::vector<std::string> traces;
  std::size_t traces_each = 8;
  std::vector<double> device_slowdowns = {2, 6};
  double round_trip_ms = 50;
  double gap_s = 10;
  std::size_t requests = 400;
  std::uint64_t seed = 1;
  bool all = false;
  bool json = false;
  std::filesystem::path plot;
};

void add_placement_arguments(CLI::App& command, PlacementSimulation& simulation);
// Tables to `out`, progress to `log`. Fails where a trace cannot be read or there are no photos.
Result<void> run_placement_simulation(const PlacementSimulation& simulation, std::FILE* out, std::FILE* log);

}  // namespace sluice::simulate
