#include "core/pipeline/operating_point.hpp"

#include <doctest/doctest.h>

using namespace sluice::pipeline;

TEST_CASE("the operating point is the one that spends the most of the budget and no more") {
  const std::vector<OperatingPoint> points = {
      {0.8F, 0.95F, 0.4F, 0.6F}, {0.9F, 0.95F, 0.2F, 0.5F}, {0.95F, 0.95F, 0.1F, 0.4F}};
  struct Case {
    float allowed, error, threshold;
  };
  for (const Case& one : {Case{0.9F, 0.2F, 0.4F},
                          {1 - 0.8F, 0.2F, 0.4F},
                          {0.19F, 0.1F, 0.2F},
                          {1 - 0.9F, 0.1F, 0.2F},
                          {0.06F, 0.05F, 0.1F},
                          {0.04F, 0, 0},
                          {0, 0, 0}}) {
    CAPTURE(one.allowed);
    CHECK(choose_point(points, one.allowed).error == doctest::Approx(one.error));
    CHECK(choose_point(points, one.allowed).threshold == one.threshold);
  }
  CHECK(choose_point({}, 0.5F).error == 0);
}
