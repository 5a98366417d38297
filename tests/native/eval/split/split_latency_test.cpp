// What a counted multiply-add and a byte take on their way to an answer.
#include "native/eval/split/split_latency.hpp"

#include <doctest/doctest.h>

using namespace sluice::eval;

TEST_CASE("latency is the device's multiply-adds, the upload, a round trip and the server") {
  SystemPoint point;
  point.system = "halves";
  point.bytes = 270;
  point.device_macs = 175'104;
  point.server_ms = 3;
  const Latency latency = latency_of(point, 50);
  CHECK(latency.device_ms == doctest::Approx(14));
  CHECK(latency.server_ms == 3);
  CHECK(latency.total_ms[0] == doctest::Approx(14 + 8 + kRoundTripMs + 3));  // 2,160 bits at 270 a millisecond
  CHECK(latency.total_ms[1] == doctest::Approx(14 + 1.08 + kRoundTripMs + 3));
  CHECK(latency.total_ms[2] == doctest::Approx(14 + 0.36 + kRoundTripMs + 3));
}

TEST_CASE("a guess waits for nobody, and a point without a server's time has the full model's") {
  SystemPoint guess;
  guess.device_macs = 350'208;
  guess.server_ms = 3;
  for (const double total : latency_of(guess, 50).total_ms) CHECK(total == doctest::Approx(28));
  SystemPoint other;
  other.bytes = 1;
  CHECK(latency_of(other, 50).server_ms == 50);
}

TEST_CASE("the table has a line for each point and says what was assumed") {
  const std::vector<SystemPoint> points = {{"deepcod", "3 channels", "range coder", 100, 0.875, 9216, 2.5},
                                           {"picture", "quality 50", "webp", 300, 0.8, 0, std::nullopt}};
  const std::string table = latency_table(points, 7);
  CHECK(table.find("a round trip of 10 ms") != std::string::npos);
  CHECK(table.find("STM32F746") != std::string::npos);
  CHECK(table.find("3 channels") != std::string::npos);
  CHECK(table.find("87.50 %") != std::string::npos);
  CHECK(table.find("webp") != std::string::npos);
}
