#include "core/exit/exit_rule.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "tests/counting_new.hpp"

using namespace sluice;
using namespace sluice::exits;

TEST_CASE("each rule's confidence is what its paper says, and sure is on its own side of the threshold") {
  const std::array<float, 4> even{2, 2, 2, 2};
  CHECK(*confidence(ExitRule::kMaxProbability, even) == doctest::Approx(0.25));
  CHECK(*confidence(ExitRule::kNormalisedEntropy, even) == doctest::Approx(0));
  CHECK(*confidence(ExitRule::kEntropy, even) == doctest::Approx(std::log(4.0)));

  // Probabilities of a half, a quarter and two eighths: 1.75 bits of 2.
  const std::array<float, 4> halves{std::log(4.0F), std::log(2.0F), 0, 0};
  CHECK(*confidence(ExitRule::kMaxProbability, halves) == doctest::Approx(0.5));
  CHECK(*confidence(ExitRule::kNormalisedEntropy, halves) == doctest::Approx(1 - 1.75 / 2));
  CHECK(*confidence(ExitRule::kEntropy, halves) == doctest::Approx(1.75 * std::log(2.0)));

  CHECK(is_sure(ExitRule::kMaxProbability, 0.95F, 0.9F));
  CHECK_FALSE(is_sure(ExitRule::kMaxProbability, 0.9F, 0.9F));
  CHECK(is_sure(ExitRule::kNormalisedEntropy, 0.95F, 0.9F));
  CHECK(is_sure(ExitRule::kEntropy, 0.1F, 0.2F));
  CHECK_FALSE(is_sure(ExitRule::kEntropy, 0.2F, 0.2F));
}

TEST_CASE("confidences stay in their range, however large the logits are") {
  const std::array<float, 3> large{3e38F, -3e38F, 0};
  CHECK(*confidence(ExitRule::kMaxProbability, large) == 1);
  CHECK(*confidence(ExitRule::kNormalisedEntropy, large) == 1);
  CHECK(*confidence(ExitRule::kEntropy, large) == 0);
}

TEST_CASE("no confidence passes a closed threshold") {
  const std::array<float, 3> certain{100, 0, 0};
  for (const ExitRule rule : {ExitRule::kMaxProbability, ExitRule::kNormalisedEntropy, ExitRule::kEntropy}) {
    CAPTURE(rule_name(rule));
    CHECK(is_closed(rule, closed_threshold(rule)));
    CHECK_FALSE(is_closed(rule, 0.5F));
    CHECK_FALSE(is_sure(rule, *confidence(rule, certain), closed_threshold(rule)));
    CHECK(find_rule(rule_name(rule)) == rule);
  }
  CHECK_FALSE(find_rule("maximum").has_value());
}

TEST_CASE("logits that are no numbers are an error, as are fewer than two") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    const std::array<float, 3> logits{1, bad, 0};
    CHECK(confidence(ExitRule::kMaxProbability, logits).error().code == ErrorCode::kExecutionFailed);
  }
  CHECK(confidence(ExitRule::kEntropy, std::array<float, 1>{1}).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("nothing is allocated for a confidence") {
  const std::array<float, 3> logits{1, 2, 3};
  const std::size_t before = test::allocation_count();
  CHECK(*confidence(ExitRule::kEntropy, logits) > 0);
  CHECK(test::allocation_count() == before);
}
