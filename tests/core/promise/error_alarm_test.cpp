#include "core/promise/error_alarm.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/core/promise/audited_stream.hpp"

using namespace sluice;
using namespace sluice::promise;
using sluice::promise::test::draw;
using sluice::promise::test::Draws;

namespace {

// Inputs after a change until it goes off, in the mean; those at which it does not within `most` count as `most`.
double mean_delay(double before, double after, double q, int most) {
  constexpr int kStreams = 60;
  double sum = 0;
  for (int stream = 0; stream < kStreams; ++stream) {
    Draws draws(static_cast<std::uint64_t>(stream) + 1);
    auto alarm = ErrorAlarm::create({.target = 0.9, .inputs_between_false = 20'000});
    for (int i = 0; i < 3000; ++i) alarm->count(draw(draws.with(before), q, draws));
    int delay = 0;
    while (delay < most && !*alarm->count(draw(draws.with(after), q, draws))) ++delay;
    sum += delay;
  }
  return sum / kStreams;
}

}  // namespace

TEST_CASE("while the promise is just kept it is false no more often than stated") {
  Draws draws(3);
  constexpr double kBetween = 2'000;
  auto alarm = ErrorAlarm::create({.target = 0.9, .inputs_between_false = kBetween});
  constexpr int kInputs = 2'000'000;
  for (int i = 0; i < kInputs; ++i) {
    const double q = i / 1000 % 2 == 0 ? 0.05 : 0.3;
    REQUIRE(alarm->count(draw(draws.with(0.1), q, draws)));
  }
  CHECK(static_cast<double>(alarm->alarms()) <= kInputs / kBetween);
  CHECK(alarm->alarms() > 0);  // else it would hardly be an alarm
}

TEST_CASE("large changes are found within hundreds of inputs, small ones within thousands") {
  const double large = mean_delay(0.05, 0.6, 0.05, 50'000);
  const double middle = mean_delay(0.05, 0.3, 0.05, 50'000);
  const double small = mean_delay(0.05, 0.15, 0.05, 50'000);
  MESSAGE("inputs until the alarm, at 5 % audits, from 5 % wrong to 60, 30 and 15 %: ", large, ", ", middle, ", ",
          small);
  CHECK(large < 500);
  CHECK(middle < 1'500);
  CHECK(small < 30'000);
  CHECK(mean_delay(0.05, 0.3, 0.2, 50'000) < middle);  // more audits find it sooner
}

TEST_CASE("what the full model answers makes up for errors elsewhere") {
  Draws draws(9);
  auto alarm = ErrorAlarm::create({.target = 0.9, .inputs_between_false = 100'000});
  for (int i = 0; i < 100'000; ++i) {
    if (i % 2 == 0) REQUIRE(alarm->count({.by_full_model = true}));
    else REQUIRE(alarm->count(draw(draws.with(0.15), 0.1, draws)));  // 7.5 % of all
  }
  CHECK(alarm->alarms() == 0);
}

TEST_CASE("nearness grows with what is found, and an alarm begins anew") {
  auto alarm = ErrorAlarm::create({.target = 0.9, .inputs_between_false = 1000});
  double last = 0;
  bool rang = false;
  for (int i = 0; i < 100 && !rang; ++i) {
    rang = *alarm->count({.audit_probability = 0.2, .audited = true, .wrong = true});
    if (!rang) {
      CHECK(alarm->nearness() >= last);
      last = alarm->nearness();
    }
  }
  CHECK(rang);
  CHECK(alarm->nearness() == 0);
  CHECK(alarm->alarms() == 1);
}

TEST_CASE("what is no option or input is refused") {
  for (const double bad : {-0.1, 1.0, std::nan("")}) {
    CHECK(ErrorAlarm::create({.target = bad}).error().code == ErrorCode::kInvalidArgument);
  }
  for (const double bad : {0.0, 9.0, std::nan(""), HUGE_VAL}) {
    CHECK(ErrorAlarm::create({.inputs_between_false = bad}).error().code == ErrorCode::kInvalidArgument);
  }
  auto alarm = ErrorAlarm::create({});
  CHECK(!alarm->count({.audit_probability = std::nan("")}));
  CHECK(!alarm->count({.audit_probability = 0.5, .wrong = true}));
}
