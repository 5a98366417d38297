// `sluice simulate selection` without the command line around it: its options, and the run that prints.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::simulate {

struct SelectionSimulation {
  std::vector<double> slas_ms = {100, 250, 400};
  std::vector<double> loads_per_s = {20, 60, 120};
  std::uint32_t workers = 4;
  std::vector<std::string> traces;
  std::size_t traces_each = 8;
  std::string server = "p2";
  std::size_t requests = 10'000;
  std::uint64_t seed = 1;
  bool all = false;
  bool json = false;
  std::filesystem::path plot;
};

void add_selection_arguments(CLI::App& command, SelectionSimulation& simulation);
// Tables to `out`, progress to `log`. Fails where a trace cannot be read.
Result<void> run_selection_simulation(const SelectionSimulation& simulation, std::FILE* out, std::FILE* log);

}  // namespace sluice::simulate
