// What answers are expected to get wrong, from what a bundle was calibrated to.
#include "core/pipeline/expected_errors.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/pipeline/decision_guess.hpp"
#include "core/pipeline/manifest.hpp"

using namespace sluice;
using namespace sluice::pipeline;

namespace {

constexpr float kNotAScore = std::numeric_limits<float>::quiet_NaN();

// As the faces bundle's filter has them: quotients that do not grow by themselves.
std::vector<OperatingPoint> faces_points() {
  return {{0.8F, 0.95F, 0.41F, 0.6F},  {0.9F, 0.95F, 0.2F, 0.45F},   {0.95F, 0.95F, 0.12F, 0.3F},
          {0.96F, 0.95F, 0.1F, 0.22F}, {0.97F, 0.95F, 0.09F, 0.19F}, {0.99F, 0.95F, 0.06F, 0.13F}};
}

}  // namespace

TEST_CASE("a score's error grows with it, from none at 0 to certain beyond the loosest point") {
  const ScoreErrors errors(faces_points());
  CHECK(errors.at(0) == 0);
  CHECK(errors.at(0.41F) == 1);
  CHECK(errors.at(kNotAScore) == 1);
  CHECK(errors.at(-1) == 1);
  double before = 0;
  for (float score = 0; score < 0.41F; score += 0.001F) {
    const double now = errors.at(score);
    CHECK(now >= before);
    CHECK(now <= 1);
    before = now;
  }
  // Between two points: what may be wrong of the inputs of the one that are not of the other.
  CHECK(errors.at(0.3F) == doctest::Approx(0.1 / 0.15));
  CHECK(errors.at(0.15F) == doctest::Approx(0.05 / 0.15));
}

TEST_CASE("points of distances that answer fewer inputs the looser they are, or none, give errors all the same") {
  const std::vector<OperatingPoint> points = {
      {0.8F, 0.95F, 4.6F, 0.59F}, {0.9F, 0.95F, 2.3F, 0.63F}, {0.98F, 0.95F, 0.6F, 0.34F}};
  const ScoreErrors errors(points);
  CHECK(errors.at(0.3F) == doctest::Approx(0.02 / 0.34));
  CHECK(errors.at(1) > errors.at(0.5F));
  CHECK(errors.at(4) >= errors.at(1));
  CHECK(ScoreErrors({}).at(0.1F) == 1);
  const std::vector<OperatingPoint> none = {{0.9F, 0.95F, 0, 0}};
  CHECK(ScoreErrors(none).at(0) == 1);
}

TEST_CASE("an exit errs the less the surer it is, and by what its points allow, of every rule") {
  const std::vector<ExitPoint> points = {{0.8F, {0.7F, 1}}, {0.95F, {0.9F, 0.6F}}};
  const ExitErrors errors(exits::ExitRule::kMaxProbability, points, 2);
  CHECK(errors.at(0, 0.9F) == doctest::Approx(0.1));    // what a probability lacks is the less
  CHECK(errors.at(1, 0.6F) == doctest::Approx(0.125));  // 2.5 x 0.05 at the threshold
  CHECK(errors.at(1, 0.8F) == doctest::Approx(0.0625));
  CHECK(errors.at(0, 1) == 0);
  double before = 1;
  for (float confidence = 0; confidence <= 1; confidence += 0.01F) {
    CHECK(errors.at(0, confidence) <= before);
    before = errors.at(0, confidence);
  }
  const std::vector<ExitPoint> entropy = {{0.9F, {0.5F, 0}}};
  const ExitErrors by_entropy(exits::ExitRule::kEntropy, entropy, 2);
  CHECK(by_entropy.at(0, 0.5F) == doctest::Approx(0.25));
  CHECK(by_entropy.at(0, 0.1F) == doctest::Approx(0.05));
  CHECK(by_entropy.at(0, 0.6F) == 1);
  CHECK(by_entropy.at(1, 0) == 1);  // closed at every point
  for (const float hostile :
       {kNotAScore, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    CHECK(errors.at(0, hostile) <= 1);
    CHECK(errors.at(0, hostile) >= 0);
  }
  CHECK(errors.at(0, kNotAScore) == 1);
  CHECK(errors.at(9, 0.9F) == 1);
}

TEST_CASE("guesses err in proportion to what they lack to certainty, in the mean on what the bundle says") {
  GuessErrors errors;
  for (int i = 0; i < 1000; ++i) errors.saw(i % 2 == 0 ? 0.9 : 0.5);
  double mean = 0;
  for (const double confidence : {0.9, 0.5}) mean += errors.at(0.15, confidence) / 2;
  CHECK(mean == doctest::Approx(0.15).epsilon(0.03));
  CHECK(errors.at(0.15, 0.5) > 4 * errors.at(0.15, 0.9));
  CHECK(errors.at(0.15, std::nan("")) == 1);
  CHECK(errors.at(std::nan(""), 0.5) == 1);
  for (int i = 0; i < 1000; ++i) errors.saw(1);
  errors.saw(std::nan(""));
  CHECK(errors.at(0.15, 0.5) == 1);  // far from what was seen
}

TEST_CASE("how sure a guess is comes back from a log as it was") {
  std::vector<float> logits(10);
  for (std::uint32_t sureness = 1000; sureness <= 9999; ++sureness) {
    std::ranges::fill(logits, 0.0F);
    REQUIRE(set_guess(logits, sureness));
    REQUIRE(guess_sureness(logits) == sureness);
  }
  CHECK_FALSE(set_guess(logits, 10'000));
  std::ranges::fill(logits, 0.0F);
  CHECK_FALSE(set_guess(logits, 500));  // of ten classes the largest has a tenth at least
  std::vector<float> one(1);
  CHECK(set_guess(one, 9999));
  CHECK_FALSE(set_guess({}, 9999));
  CHECK(guess_sureness({}) == 0);
  CHECK(guess_sureness(std::vector<float>{kNotAScore, 1}) == 0);
}
