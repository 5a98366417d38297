#include "native/client/alarm.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;

TEST_CASE("an alarm rings once for the last time that was set, also for one that has gone by") {
  std::promise<void> rang;
  int count = 0;
  Alarm alarm([&] {
    if (++count == 1) rang.set_value();
  });
  alarm.set(steady_now() + 1h);
  alarm.set(steady_now() + 2h);  // later than what the thread sleeps for
  alarm.set(steady_now() - 1s);
  rang.get_future().get();
  alarm.stop();
  alarm.stop();
  CHECK(count == 1);
}

TEST_CASE("an alarm that is set from its own function rings again") {
  std::promise<void> rang;
  int count = 0;
  Alarm* self = nullptr;
  Alarm alarm([&] {
    if (++count == 3) return rang.set_value();
    self->set(steady_now() + 1ms);
  });
  self = &alarm;
  alarm.set(steady_now());
  rang.get_future().get();
  alarm.stop();
  CHECK(count == 3);
}

TEST_CASE("an alarm without a time, or with one far away, ends at once") {
  int count = 0;
  {
    const Alarm idle([&] { ++count; });
    Alarm far([&] { ++count; });
    far.set(steady_now() + 1h);
    far.set(kNever);
  }
  CHECK(count == 0);
}
