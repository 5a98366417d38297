// How long an answer takes on a thin link, of each system: the device's part, the way of its bytes, the server's part. No device is at
// hand, so its time is what its multiply-adds take on AgileNN's: there the extractor's 175,104 took 14 ms (STM32F746 at 216 MHz, int8).
// A codec has no multiply-adds and its encoder's time there is not known: it counts as 0, in the codecs' favour. The link is a rate and
// one round trip, for whatever sends anything; the answer's own bytes are few for all. The server's time is measured here, one picture on
// one thread, the least that one took; points without one are given the full model's. Energy is left out. Pure functions.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "native/eval/split/system_points.hpp"

namespace sluice::eval {

inline constexpr double kDeviceMacsPerMs = 175'104.0 / 14;
inline constexpr double kRoundTripMs = 10;
inline constexpr std::array<double, 3> kLinksKbitPerS = {270, 2000, 6000};

struct Latency {
  double device_ms = 0;
  double server_ms = 0;
  std::array<double, kLinksKbitPerS.size()> total_ms{};  // by link
};

// `full_ms`: the full model's, on the server.
Latency latency_of(const SystemPoint& point, double full_ms);

std::string latency_table(std::span<const SystemPoint> points, double full_ms);

}  // namespace sluice::eval
