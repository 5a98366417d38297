// `sluice simulate residency`: each policy at each capacity over one trace, and what it cost. Plain values and
// functions; prints to the files it is given.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/simulate/residency/azure_trace.hpp"
#include "native/simulate/residency/residency_run.hpp"
#include "native/simulate/residency/zipf_trace.hpp"

namespace sluice::simulate {

struct ResidencySimulation {
  std::filesystem::path trace;  // empty: made-up requests
  AzureOptions azure;
  ZipfOptions zipf;
  std::filesystem::path models;  // empty: the Keras models
  std::size_t draws = 3;         // of a model for each function; figures are means over them
  std::vector<std::string> capacities{"10%", "25%", "50%"};  // of the bytes of all models
  std::vector<std::string> policies{"all"};
  residency::PolicyOptions policy;
  RunOptions run;
  std::uint64_t seed = 1;
  bool json = false;
  std::filesystem::path plot;
};

// Of one policy at one capacity: means over the draws.
struct ResidencyRow {
  std::string policy;
  double capacity_percent = 0;
  double load_s_per_request = 0;
  double hit_rate = 0;
  double wait_p50_s = 0;
  double wait_p95_s = 0;
  double wait_p99_s = 0;
  double refused_share = 0;
};

struct ResidencyReport {
  std::string source;  // "azure", "zipf" or "zipf with drift"
  std::size_t requests = 0;
  std::size_t models = 0;
  double requests_per_s = 0;       // simulated, by the wall clock
  std::vector<ResidencyRow> rows;  // by capacity, then by policy
};

// "25%" or "25" as 25. kInvalidArgument outside of above 0 to 100.
Result<double> read_capacity(const std::string& text);

Result<ResidencyReport> simulate_residency(const ResidencySimulation& simulation, std::FILE* progress);
Result<void> run_residency_simulation(const ResidencySimulation& simulation, std::FILE* out, std::FILE* progress);

std::string residency_table(const ResidencyReport& report);
std::string residency_json(const ResidencyReport& report);  // one flat object, with a line end
std::string residency_plot(const ResidencyReport& report);  // an SVG, readable on light and dark pages

}  // namespace sluice::simulate
