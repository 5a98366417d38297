// The picture of a run: a bar for the oracle and each policy, twice.
#include <doctest/doctest.h>

#include "native/simulate/placement/placement_report.hpp"

using namespace sluice::simulate;

TEST_CASE("policies and the oracle are drawn with what they came to") {
  PlacementOutcome outcome;
  outcome.network = "all";
  outcome.count = 200;
  outcome.matters = 100;
  outcome.oracle = {"oracle", 200, 100, 10, 20, 30, 1, 0};
  outcome.policies = {{"always-device", 90, 61, 10, 20, 45, 1, 0}, {"sluice", 198, 99, 10, 20, 31, 1, 0}};
  const std::string svg = placement_plot(outcome);
  for (const char* text : {">always-device<", ">0.610<", ">0.990<", ">45 ms<", "200 decisions", "class=\"bound\"",
                           "class=\"ours\"", "</svg>"}) {
    CAPTURE(text);
    CHECK(svg.find(text) != std::string::npos);
  }
}
