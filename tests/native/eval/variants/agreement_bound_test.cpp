// What pictures and videos prove of a variant's agreement.
#include "native/eval/variants/agreement_bound.hpp"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "core/filter/binomial.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

std::vector<BlockAgreement> pictures(std::size_t agreed, std::size_t count) {
  std::vector<BlockAgreement> blocks;
  for (std::size_t i = 0; i < count; ++i) blocks.push_back({1, i < agreed ? 1U : 0U});
  return blocks;
}

}  // namespace

TEST_CASE("of single pictures the bounds are Clopper and Pearson's, each with the whole doubt") {
  for (const std::size_t agreed : {std::size_t{0}, std::size_t{80}, std::size_t{99}, std::size_t{100}}) {
    CAPTURE(agreed);
    const auto blocks = pictures(agreed, 100);
    const filter::Interval exact = filter::clopper_pearson(agreed, 100, 0.9);
    CHECK(agreement_share(blocks) == doctest::Approx(static_cast<double>(agreed) / 100));
    CHECK(least_agreement(blocks, 0.95) == doctest::Approx(exact.low).epsilon(1e-6));
    CHECK(most_agreement(blocks, 0.95) == doctest::Approx(exact.high).epsilon(1e-6));
  }
}

TEST_CASE("a video counts as one draw: two of a thousand frames prove less than two pictures of each of their ends") {
  const std::vector<BlockAgreement> one = {{1000, 990}};
  CHECK(agreement_share(one) == doctest::Approx(0.99));
  CHECK(least_agreement(one, 0.95) < 0.1);
  CHECK(most_agreement(one, 0.95) == doctest::Approx(1));
  std::vector<BlockAgreement> many(200, {50, 45});
  const double least = least_agreement(many, 0.95);
  CHECK(least < 0.9);
  CHECK(least > 0.8);  // 10,000 frames would prove 0.895, 200 videos do not
  many.push_back({50, 0});
  CHECK(least_agreement(many, 0.95) < least);
}

TEST_CASE("no pictures prove nothing") {
  CHECK(agreement_share({}) == 0);
  CHECK(least_agreement({}, 0.95) == 0);
  CHECK(most_agreement({}, 0.95) == 1);
}

TEST_CASE("the least agreement is seldom above the true one") {
  std::mt19937 random(7);
  constexpr double kTrue = 0.9;
  constexpr int kSets = 1000;
  int above = 0;
  for (int set = 0; set < kSets; ++set) {
    std::binomial_distribution<std::size_t> draw(300, kTrue);
    if (least_agreement(pictures(draw(random), 300), 0.95) > kTrue) ++above;
  }
  CHECK(above <= kSets * 0.05 + 25);  // four deviations
  CHECK(above > 0);                   // a bound that were always far below would be no measurement
}
