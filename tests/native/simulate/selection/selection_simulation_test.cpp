// The simulation's own laws: the same seed gives the same figures, a queue makes late, traces carry, setups that are none are refused.
#include "native/simulate/selection/selection_simulation.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace sluice::simulate;
using sluice::ErrorCode;

namespace {

SelectionSetup campus() {
  SelectionSetup setup;
  setup.models.resize(table_models().size());
  std::iota(setup.models.begin(), setup.models.end(), std::size_t{0});
  setup.network = *find_network("campus");
  setup.requests = 4000;
  return setup;
}

}  // namespace

TEST_CASE("one seed, one outcome") {
  SelectionSetup setup = campus();
  setup.workers = 2;
  const auto one = simulate_selection(setup, Policy::kSluice);
  const auto same = simulate_selection(setup, Policy::kSluice);
  REQUIRE(one.has_value());
  CHECK(one->accuracy == same->accuracy);
  CHECK(one->p99_ms == same->p99_ms);
  setup.seed = 2;
  CHECK(simulate_selection(setup, Policy::kSluice)->mean_ms != one->mean_ms);
}

TEST_CASE("static policies are what they say") {
  double all = 0;
  for (const TableModel& model : table_models()) all += model.accuracy;
  CHECK(simulate_selection(campus(), Policy::kFastest)->model_accuracy == doctest::Approx(41.4));
  CHECK(simulate_selection(campus(), Policy::kMostAccurate)->model_accuracy == doctest::Approx(82.6));
  CHECK(simulate_selection(campus(), Policy::kRandom)->model_accuracy == doctest::Approx(all / 23).epsilon(0.02));
}

TEST_CASE("under load a policy that knows the queue stays in time where one that does not drowns") {
  SelectionSetup setup = campus();
  setup.workers = 1;
  setup.requests_per_s = 40;  // 112 ms each would be four times what one worker does
  const auto published = simulate_selection(setup, Policy::kMdInference);
  const auto ours = simulate_selection(setup, Policy::kSluice);
  CHECK(published->late > 0.8);
  CHECK(ours->late < 0.15);
  CHECK(ours->accuracy > published->accuracy + 15);
}

TEST_CASE("with the duplicate there is an answer in time for nearly all, and it does not run for all") {
  const auto ours = simulate_selection(campus(), Policy::kSluice);
  CHECK(ours->attainment >= 0.99);
  CHECK(ours->duplicates < 0.9);  // variants are selected to fill the budget, so that many answers come late in it
}

TEST_CASE("on a trace a small picture makes it where a large one does not") {
  const auto thin =
      NetworkTrace::parse("thin", "0 1.2\n60 1.2\n");  // 54,000 bytes take 360 ms, those of side 128 take 54
  REQUIRE(thin.has_value());
  SelectionSetup setup = campus();
  setup.trace = &*thin;
  setup.requests_per_s = 8;
  CHECK(simulate_selection(setup, Policy::kMdInference)->late > 0.9);
  const auto ours = simulate_selection(setup, Policy::kSluice);
  CHECK(ours->late < 0.1);
  CHECK(ours->accuracy > 60);
}

TEST_CASE("a setup without models, requests or a rate is refused") {
  SelectionSetup setup = campus();
  setup.models.clear();
  CHECK(simulate_selection(setup, Policy::kSluice).error().code == ErrorCode::kInvalidArgument);
  setup = campus();
  setup.models = {99};
  CHECK(simulate_selection(setup, Policy::kSluice).error().code == ErrorCode::kInvalidArgument);
  setup = campus();
  setup.requests_per_s = 0;
  CHECK(simulate_selection(setup, Policy::kSluice).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("one model only is what runs") {
  SelectionSetup setup = campus();
  setup.models = {18};
  for (const Policy policy : kPolicies)
    CHECK(simulate_selection(setup, policy)->model_accuracy == doctest::Approx(73.9));
}
