#include "core/pipeline/skip_threshold.hpp"

#include <doctest/doctest.h>

using namespace sluice::pipeline;

TEST_CASE("the operating point is the one with the smallest target that is not below the wish") {
  const std::vector<OperatingPoint> points = {
      {0.8F, 0.95F, 0.4F, 0.6F}, {0.9F, 0.95F, 0.2F, 0.5F}, {0.95F, 0.95F, 0.1F, 0.4F}};
  struct Case {
    float wish, target, threshold;
  };
  for (const Case& one : {Case{0.1F, 0.8F, 0.4F},
                          {0.8F, 0.8F, 0.4F},
                          {0.81F, 0.9F, 0.2F},
                          {0.9F, 0.9F, 0.2F},
                          {0.94F, 0.95F, 0.1F},
                          {0.96F, 1, 0},
                          {1, 1, 0}}) {
    CAPTURE(one.wish);
    CHECK(choose_threshold(points, one.wish).target == one.target);
    CHECK(choose_threshold(points, one.wish).threshold == one.threshold);
  }
  CHECK(choose_threshold({}, 0.5F).target == 1);
}
