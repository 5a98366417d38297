// Expectations from one half of a table.
#include "native/simulate/choice/answer_estimates.hpp"

#include <doctest/doctest.h>

#include "tests/native/simulate/choice/toy_answers.hpp"

using namespace sluice::simulate;

namespace {

AnswerTable toy(std::size_t pictures) {
  auto table = parse_answer_table(test::toy_answers(pictures));
  REQUIRE(table.has_value());
  return *std::move(table);
}

}  // namespace

TEST_CASE("hard pictures are told from easy ones by the guess") {
  const AnswerTable table = toy(2000);
  const AnswerEstimates estimates = estimate_answers(table);
  const auto& easy = estimates.by_bin[estimates.bin_of(95)];
  const auto& hard = estimates.by_bin[estimates.bin_of(30)];
  CHECK(easy[0].device_kmac == 10'000);
  CHECK(hard[0].device_kmac == 40'000);
  CHECK(hard[0].error == doctest::Approx(0.2).epsilon(0.15));
  CHECK(easy[0].error < 0.01);
  CHECK(easy[0].error > 0);  // never seen, but few were
  CHECK(estimates.overall[0].error == doctest::Approx(0.1).epsilon(0.2));
  CHECK(estimates.overall[0].high_device_kmac == 40'000);
}

TEST_CASE("the full model is never wrong, and what is sent is known") {
  const AnswerTable table = toy(400);
  const AnswerEstimates estimates = estimate_answers(table);
  CHECK(estimates.overall[1].error == 0);
  CHECK(estimates.overall[2].error == 0);
  CHECK(estimates.overall[2].bytes == doctest::Approx(3000));
  CHECK(estimates.overall[2].sent_share == doctest::Approx(1));
  CHECK(estimates.overall[0].sent_share == 0);
}

TEST_CASE("the gate's frames count at the strictest target, with care for few") {
  const AnswerTable table = toy(400);
  const AnswerEstimates estimates = estimate_answers(table);
  REQUIRE(estimates.gate.size() == 2);
  CHECK(estimates.gate[0].share == doctest::Approx(0.25));
  CHECK(estimates.gate[1].share == doctest::Approx(0.25));
  CHECK(estimates.gate[1].error > 0.1);  // five frames' worth of evidence
  CHECK(strictest_target("s-") == 0);
  CHECK(strictest_target("rr") == 1);
  CHECK(strictest_target("--") == 2);
}

TEST_CASE("what expectations come from is not what is run") {
  const AnswerTable table = toy(400);
  CHECK(new_pictures(table).size() == 200);
  CHECK(new_pictures(table).front() == 1);
  CHECK(new_frames(table).size() == 200);
}
