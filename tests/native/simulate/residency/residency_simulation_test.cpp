// The command's report: table, JSON and picture, and what it refuses.
#include "native/simulate/residency/residency_simulation.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

#include "native/simulate/residency/simulated_policy.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::simulate;

namespace {

ResidencySimulation small_simulation() {
  ResidencySimulation simulation;
  simulation.zipf.models = 30;
  simulation.zipf.requests = 500;
  simulation.capacities = {"30%", "60"};
  simulation.draws = 2;
  return simulation;
}

}  // namespace

TEST_CASE("all policies at each capacity, in a table, one line of flat JSON and a picture") {
  const auto report = simulate_residency(small_simulation(), nullptr);
  REQUIRE(report);
  CHECK(report->rows.size() == 2 * simulated_policies().size());
  const std::string table = residency_table(*report);
  for (const auto& name : simulated_policies()) CHECK(table.find(name) != std::string::npos);
  CHECK(table.find("bounds, not policies") != std::string::npos);
  const std::string json = residency_json(*report);
  CHECK(json.find('\n') == json.size() - 1);
  rapidjson::Document document;
  document.Parse(json.c_str());
  REQUIRE(document.IsObject());
  CHECK(document["requests"].GetUint() == 500);
  CHECK(document["utility_30_load_s_per_request"].GetDouble() > document["utility_60_load_s_per_request"].GetDouble());
  CHECK(document["s3_fifo_60_hit_rate"].GetDouble() > 0.3);
  for (const auto& member : document.GetObject()) CHECK((member.value.IsNumber() || member.value.IsString()));
  const std::string plot = residency_plot(*report);
  CHECK(plot.starts_with("<svg "));
  CHECK(plot.ends_with("</svg>\n"));
  CHECK(plot.find("memory for 60 %") != std::string::npos);
}

TEST_CASE("the same simulation gives the same figures") {
  auto simulation = small_simulation();
  simulation.run.timing = Timing::kSerial;
  simulation.zipf.requests_per_s = 0.1;
  const auto first = simulate_residency(simulation, nullptr);
  const auto second = simulate_residency(simulation, nullptr);
  REQUIRE(first);
  REQUIRE(second);
  for (std::size_t i = 0; i < first->rows.size(); ++i) {
    CHECK(first->rows[i].load_s_per_request == second->rows[i].load_s_per_request);
    CHECK(first->rows[i].wait_p99_s == second->rows[i].wait_p99_s);
  }
}

TEST_CASE("decayed popularity beats a lifetime's under drift, and both beat LRU by far") {
  auto simulation = small_simulation();
  simulation.zipf = {.models = 200, .requests = 20'000};
  simulation.zipf.drift_every = 4000;
  simulation.capacities = {"25%"};
  simulation.policies = {"utility", "cremebrulee", "lru"};
  simulation.run.residency.min_residency = Duration::zero();
  const auto report = simulate_residency(simulation, nullptr);
  REQUIRE(report);
  const double ours = report->rows[0].load_s_per_request;
  CHECK(ours < 0.9 * report->rows[1].load_s_per_request);
  CHECK(ours < 0.75 * report->rows[2].load_s_per_request);
}

TEST_CASE("capacities, policies and files that are none are refused before anything runs") {
  for (const char* bad : {"", "0%", "101%", "-5", "nan%", "ten", "25%%"}) {
    CAPTURE(bad);
    CHECK(read_capacity(bad).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(*read_capacity("12.5%") == 12.5);
  auto simulation = small_simulation();
  simulation.policies = {"utility", "clock"};
  CHECK(simulate_residency(simulation, nullptr).error().code == ErrorCode::kNotFound);
  simulation.policies = {"belady"};
  simulation.run.hosts = 2;
  CHECK(simulate_residency(simulation, nullptr).error().code == ErrorCode::kInvalidArgument);
  simulation = small_simulation();
  simulation.plot = "/nowhere/at/all.svg";
  CHECK(run_residency_simulation(simulation, stdout, nullptr).error().code == ErrorCode::kInvalidArgument);
}
