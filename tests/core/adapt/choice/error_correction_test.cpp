// Corrected expectations: nothing without comparisons, the truth after many, again after it has changed.
#include "core/adapt/choice/error_correction.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>

using namespace sluice::adapt;

namespace {

// So many comparisons of answers that were expected to be wrong once in `expected`, and are once in `truth`.
void compare(ErrorCorrection& correction, int comparisons, int expected, int truth) {
  for (int i = 0; i < comparisons; ++i) correction.observe(1.0 / expected, i % truth == 0);
}

}  // namespace

TEST_CASE("without comparisons expectations stay as they are") {
  const ErrorCorrection correction;
  CHECK(correction.corrected(0.03) == 0.03);
}

TEST_CASE("expectations come to what is seen, and again when that changes") {
  ErrorCorrection correction;
  compare(correction, 2000, 100, 20);
  CHECK(correction.corrected(0.01) == doctest::Approx(0.05).epsilon(0.25));
  compare(correction, 4000, 100, 100);
  CHECK(correction.corrected(0.01) == doctest::Approx(0.01).epsilon(0.25));
}

TEST_CASE("few comparisons say little") {
  ErrorCorrection correction;
  correction.observe(0.01, true);
  CHECK(correction.ratio() < 2);
  CHECK(correction.ratio() > 1);
}

TEST_CASE("luck lowers nothing") {
  ErrorCorrection correction;
  for (int i = 0; i < 1000; ++i) correction.observe(0.1, false);
  CHECK(correction.corrected(0.1) == 0.1);
}

TEST_CASE("what is no probability is neither learnt from nor corrected, and nothing becomes more than certain") {
  ErrorCorrection correction;
  for (const double odd : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    correction.observe(odd, true);
    CHECK(correction.ratio() == 1);
  }
  CHECK(std::isnan(correction.corrected(std::numeric_limits<double>::quiet_NaN())));
  for (int i = 0; i < 100; ++i) correction.observe(0.01, true);
  CHECK(correction.corrected(0.9) == 1);
}
