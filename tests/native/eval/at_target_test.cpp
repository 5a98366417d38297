#include "native/eval/at_target.hpp"

#include <doctest/doctest.h>

#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/question_rows.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

pipeline::Manifest two_questions() {
  auto skip = std::make_shared<questions::SkipSpec>();
  skip->operating_points = {{0.9F, 0.95F, 0.5F, 0}, {0.98F, 0.95F, 0.2F, 0}};
  skip->error_share = 0.3F;
  auto reuse = std::make_shared<questions::ReuseSpec>();
  reuse->operating_points = {{0.8F, 0.95F, 4, 0}, {0.92F, 0.95F, 2, 0}};
  reuse->error_share = 0.7F;
  pipeline::Manifest manifest;
  manifest.questions = {{bundle::question_row("skip"), skip}, {bundle::question_row("reuse"), reuse}};
  return manifest;
}

}  // namespace

TEST_CASE("thresholds are those that the client takes: a question gets what the one before it left over") {
  // Of 0.1 SKIP is offered 0.03 and spends 0.02; REUSE has 0.07 and the 0.01 left over, which reaches its point at 0.08.
  const AtTarget setting = thresholds_at(two_questions(), 0.9);
  CHECK(setting.skip.threshold == 0.2F);
  CHECK(setting.skip.error == doctest::Approx(0.02));
  CHECK(setting.reuse.threshold == 2);
  CHECK(setting.reuse.error == doctest::Approx(0.08));
  const AtTarget strict = thresholds_at(two_questions(), 0.99);
  CHECK(strict.skip.threshold == 0);
  CHECK(strict.reuse.threshold == 0);
}

TEST_CASE("every target that a question was calibrated for is one, once") {
  const auto targets = calibrated_targets(two_questions());
  REQUIRE(targets.size() == 4);
  CHECK(targets.front() == doctest::Approx(0.8));
  CHECK(targets[1] == doctest::Approx(0.9));
  CHECK(targets.back() == doctest::Approx(0.98));
}
