// A stream's promise with all its parts, on made-up streams of which it is known what would be wrong.
#include "core/promise/live_promise.hpp"

#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <functional>
#include <limits>
#include <vector>

#include "tests/core/promise/audited_stream.hpp"
#include "tests/counting_new.hpp"

using namespace sluice;
using namespace sluice::promise;
using sluice::promise::test::Draws;

namespace {

LivePromise promise_of(double target, std::uint64_t seed, std::size_t questions = 1) {
  const std::vector<ErrorCurve::Rates> expected(questions, ErrorCurve::calibrated());
  auto made = LivePromise::create({.control = {.target = target}, .audits = {.seed = seed}}, expected);
  REQUIRE(made.has_value());
  return *std::move(made);
}

// One question; audits come in their order, `delay` inputs later. What would be wrong is drawn by `wrong_at`.
class Stream {
 public:
  // `most`: scores are below it.
  Stream(double target, std::uint64_t seed, std::size_t delay = 0, double most = 1)
      : promise(promise_of(target, seed)), draws_(seed), delay_(delay), most_(most) {}

  void go_on(int inputs, const std::function<double(double)>& wrong_at) {
    for (int i = 0; i < inputs; ++i, ++inputs_) {
      const double score = most_ * draws_.next();
      step(static_cast<float>(score), draws_.with(wrong_at(score)));
    }
  }
  double wrong_rate() const { return static_cast<double>(wrong) / static_cast<double>(inputs_); }

  LivePromise promise;
  std::uint64_t wrong = 0;
  std::uint64_t answered = 0;

 private:
  struct Waiting {
    Audit audit;
    float score;
    bool wrong;
    std::uint64_t until;
  };

  void step(float score, bool would_be_wrong) {
    const std::array scores{score};
    if (score < promise.threshold(0)) {
      ++answered;
      if (would_be_wrong) ++wrong;
      const Audit audit = promise.answered(scores);
      if (audit.drawn) waiting_.push_back({audit, score, would_be_wrong, inputs_ + delay_});
    } else {
      promise.passed(scores);
      promise.learned(0, score, would_be_wrong);
    }
    while (!waiting_.empty() && waiting_.front().until <= inputs_) {
      const Waiting& first = waiting_.front();
      promise.learned(0, first.score, first.wrong);
      REQUIRE(promise.audit_came(first.audit, first.wrong));
      waiting_.pop_front();
    }
  }

  Draws draws_;
  std::size_t delay_;
  double most_;
  std::uint64_t inputs_ = 0;
  std::deque<Waiting> waiting_;
};

double cubed(double score) { return score * score * score; }

}  // namespace

TEST_CASE("a stream's promise is kept, most is answered, and what is said of it is so") {
  int below = 0;
  int outside = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Stream stream(0.9, seed, seed % 2 == 0 ? 0 : 30);
    stream.go_on(6000, cubed);
    const PromiseReport report = stream.promise.report();
    if (stream.wrong_rate() > 0.1) ++below;
    if (stream.wrong < report.proven.least || stream.wrong > report.proven.most) ++outside;
    CHECK(report.inputs == 6000);
    CHECK(report.answered == stream.answered);
    CHECK(report.answered > 3000);
    CHECK(report.audits < 500);
    CHECK(report.allowed_errors == doctest::Approx(600));
    CHECK(report.state != PromiseState::kBroken);
    CHECK(report.whole.errors == doctest::Approx(static_cast<double>(stream.wrong)).epsilon(0.5));
  }
  CHECK(below <= 1);
  CHECK(outside <= 1);
}

TEST_CASE("where scores begin to lie answers stop, and the stream comes back to what was promised") {
  int below = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Stream stream(0.9, seed);
    stream.go_on(4000, [](double score) { return score > 0.5 ? 1.0 : 0.0; });
    CHECK(stream.promise.report().alarms == 0);
    const float before = stream.promise.threshold(0);
    CHECK(before > 0.4F);
    stream.go_on(1500, [](double) { return 0.9; });
    CHECK(stream.promise.threshold(0) < before / 2);
    stream.go_on(6000, [](double) { return 0.9; });
    if (stream.wrong_rate() > 0.1) ++below;
  }
  CHECK(below <= 1);
}

TEST_CASE("where the surest answers of all begin to be wrong, no more are than was allowed") {
  int below = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Stream stream(0.9, seed, 0, 0.001);
    stream.go_on(6000, [](double) { return 0.0; });
    CHECK(stream.promise.report().state == PromiseState::kKept);
    stream.go_on(4000, [](double) { return 1.0; });
    if (stream.wrong_rate() > 0.1) ++below;
  }
  CHECK(below <= 1);
}

TEST_CASE("answers that are wrong all the same ring the alarm, and break the promise for all to see") {
  LivePromise promise = promise_of(0.9, 1);
  const std::array scores{0.001F};
  for (int i = 0; i < 500; ++i) {
    promise.passed(scores);
    promise.learned(0, 0.001F, false);
  }
  // As where answers go on that were decided on before.
  for (int i = 0; i < 2000; ++i) {
    const Audit audit = promise.answered(scores);
    if (audit.drawn) REQUIRE(promise.audit_came(audit, true));
  }
  const PromiseReport report = promise.report();
  CHECK(report.alarms > 0);
  CHECK(report.last_alarm > 500);
  CHECK(report.state == PromiseState::kBroken);
  CHECK(report.since > 500);
  CHECK(report.proven.least > report.allowed_errors);
  CHECK(promise.threshold(0) == 0);
}

TEST_CASE("a scene in which the answer is always wrong is left to the full model") {
  Stream stream(0.9, 3);
  stream.go_on(3000, [](double) { return 1.0; });
  CHECK(stream.wrong_rate() < 0.1);
  const PromiseReport report = stream.promise.report();
  CHECK(report.state != PromiseState::kBroken);
}

TEST_CASE("an audit that fails is taken for wrong by what is proven, and nothing else learns from it") {
  LivePromise promise = promise_of(0.9, 1);
  const std::array scores{0.01F};
  for (int i = 0; i < 100; ++i) {
    promise.passed(scores);
    promise.learned(0, 0.01F, false);
  }
  CHECK(promise.threshold(0) > 0.01F);
  std::vector<Audit> drawn;
  while (drawn.size() < 5) {
    const Audit audit = promise.answered(scores);
    if (audit.drawn) drawn.push_back(audit);
  }
  CHECK(promise.report().pending == 5);
  const std::uint64_t most = promise.report().proven.most;
  for (const Audit& audit : drawn) REQUIRE(promise.audit_failed(audit));
  const PromiseReport report = promise.report();
  CHECK(report.pending == 0);
  CHECK(report.proven.most == most);
  CHECK(report.found == 0);
  CHECK(report.audits == 5);
  CHECK_FALSE(promise.audit_came(drawn[0], true));
  CHECK_FALSE(promise.audit_failed({}));
  CHECK(promise.report().whole.inputs == doctest::Approx(static_cast<double>(report.inputs)));
}

TEST_CASE("two questions share what is allowed; scores that are none pass") {
  LivePromise promise = promise_of(0.9, 1, 2);
  Draws draws(8);
  std::uint64_t wrong = 0;
  constexpr int kInputs = 8000;
  std::array<int, 2> answered{};
  for (int i = 0; i < kInputs; ++i) {
    std::array scores{static_cast<float>(draws.next()), static_cast<float>(draws.next())};
    if (i % 500 == 499) scores[0] = std::numeric_limits<float>::quiet_NaN();
    const std::array would_be_wrong{draws.with(cubed(scores[0])), draws.with(scores[1] / 4)};
    std::size_t asked = 1;
    while (asked < 2 && !(scores[asked - 1] < promise.threshold(asked - 1))) ++asked;
    const std::span<const float> told = std::span(scores).first(asked);
    const std::size_t last = asked - 1;
    bool known = true;
    if (scores[last] < promise.threshold(last)) {
      ++answered[last];
      if (would_be_wrong[last]) ++wrong;
      const Audit audit = promise.answered(told);
      if (audit.drawn) REQUIRE(promise.audit_came(audit, would_be_wrong[last]));
      known = audit.drawn;
    } else {
      promise.passed(told);
    }
    for (std::size_t j = 0; known && j < asked; ++j) promise.learned(j, scores[j], would_be_wrong[j]);
  }
  CHECK(wrong < kInputs / 10);
  CHECK(answered[0] > kInputs / 10);
  CHECK(answered[1] > kInputs / 20);
}

TEST_CASE("the same stream is decided on and audited in the same way again") {
  Stream first(0.95, 5);
  Stream again(0.95, 5);
  first.go_on(3000, cubed);
  again.go_on(3000, cubed);
  CHECK(first.wrong == again.wrong);
  CHECK(first.promise.threshold(0) == again.promise.threshold(0));
  CHECK(first.promise.report().found == again.promise.report().found);
}

TEST_CASE("nothing is allocated on the way of an input") {
  LivePromise promise = promise_of(0.9, 1);
  Draws draws(1);
  const std::size_t before = sluice::test::allocation_count();
  for (int i = 0; i < 2000; ++i) {
    const std::array scores{static_cast<float>(draws.next())};
    const bool wrong = draws.with(cubed(scores[0]));
    if (scores[0] < promise.threshold(0)) {
      const Audit audit = promise.answered(scores);
      if (audit.drawn) static_cast<void>(promise.audit_came(audit, wrong));
    } else {
      promise.passed(scores);
    }
    promise.learned(0, scores[0], wrong);
    if (i % 100 == 0) static_cast<void>(promise.report());
  }
  CHECK(sluice::test::allocation_count() == before);
}

TEST_CASE("options out of their ranges are refused by name") {
  const std::vector expected{ErrorCurve::calibrated()};
  CHECK_FALSE(LivePromise::create({}, {}));
  CHECK_FALSE(LivePromise::create({}, std::vector<ErrorCurve::Rates>(5, ErrorCurve::calibrated())));
  CHECK_FALSE(LivePromise::create({.confidence = 1}, expected));
  CHECK_FALSE(LivePromise::create({.inputs_between_false = 1}, expected));
  CHECK_FALSE(LivePromise::create({.control = {.target = 1}}, expected));
  CHECK_FALSE(LivePromise::create({.curves = {.memory_inputs = 0}}, expected));
  CHECK_FALSE(LivePromise::create({.audits = {.share = 0}}, expected));
  CHECK_FALSE(LivePromise::create({.estimate = {.recent_inputs = 0}}, expected));
}
