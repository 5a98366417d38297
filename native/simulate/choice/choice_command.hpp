// `sluice simulate choice` without the command line around it: its options, and the run that prints.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::simulate {

struct ChoiceArguments {
  std::filesystem::path table;  // empty: the shipped one
  std::vector<std::string> traces;
  std::size_t traces_each = 8;
  std::vector<double> device_mac_per_us = {2'000, 300};
  std::vector<double> server_loads = {0.3, 0.8};
  double target = 0.95;
  double deadline_ms = 150;
  double gap_ms = 100;
  double round_trip_ms = 40;
  double check_share = 0.01;
  std::size_t inputs = 10'000;
  std::uint64_t seed = 1;
  bool all = false;
  bool json = false;
  std::filesystem::path plot;
};

void add_choice_arguments(CLI::App& command, ChoiceArguments& arguments);
// Tables to `out`, progress to `log`. Fails where a trace or a table cannot be read.
Result<void> run_choice_simulation(const ChoiceArguments& arguments, std::FILE* out, std::FILE* log);

}  // namespace sluice::simulate
