#include "native/simulate/placement/model_families.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "native/simulate/draw.hpp"

using namespace sluice::simulate;

TEST_CASE("each family finds a law of its own kind") {
  Draw draw(1);
  std::vector<StageSample> by_size;
  std::vector<StageSample> by_pixels;
  for (int i = 0; i < 300; ++i) {
    const double bytes = 1e4 + 3e6 * draw.uniform();
    const double pixels = 1e5 + 2e7 * draw.uniform();
    by_size.push_back({bytes, pixels, 5 + 40e-6 * bytes});
    by_pixels.push_back({bytes, pixels, 5 + 8e-6 * pixels});
  }
  const auto size = compare_families("size", by_size);
  CHECK(size.line < 0.001);
  CHECK(size.lasso < 0.05);
  CHECK(size.online < 0.01);
  const auto pixels = compare_families("pixels", by_pixels);
  CHECK(pixels.line > 0.2);  // it does not see them
  CHECK(pixels.lasso < 0.05);
  CHECK(pixels.online < 0.01);
  CHECK(pixels.neighbours < 0.2);
  CHECK(pixels.forest < 0.15);
  CHECK(pixels.vectors < 0.2);
}

TEST_CASE("too few samples tell nothing") {
  CHECK(std::isnan(compare_families("none", std::vector<StageSample>(9)).line));
}
