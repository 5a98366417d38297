// What becomes of each input between a device and a server: where its answer comes from, what goes over the link, what runs on either side and how
// long all of that takes; from what every exit answered (cut_measurement.hpp) and what the steps take (cut_times.hpp). Whichever exits a target
// opens, an input goes the way that core/pipeline/exit_split_route.hpp sends it. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native/eval/exits/cut_measurement.hpp"
#include "native/eval/exits/cut_times.hpp"
#include "native/eval/exits/exit_profile.hpp"

namespace sluice::eval {

enum class Answerer : std::uint8_t { kDeviceExit, kServerExit, kEnd };  // the end: of the model, wherever that ran

struct Journey {
  Answerer by = Answerer::kEnd;
  bool agrees = false;
  bool right = false;
  std::uint32_t bytes = 0;  // over the link; 0: none were
  std::uint64_t device_macs = 0;
  std::uint64_t server_macs = 0;
  double device_ms = 0;  // as measured here, on the device's side
  double server_ms = 0;
};

struct JourneyCosts {
  ExitCosts macs;
  CutTimes times;
};

// Between the two. `thresholds` as the profile's, for all places; nothing: no exit is asked anywhere.
std::vector<Journey> journeys_by_cut(const CutMeasurement& measured, std::size_t place, const JourneyCosts& costs,
                                     std::optional<std::span<const float>> thresholds);
// On the device alone.
std::vector<Journey> journeys_on_device(const ExitProfile& profile, const JourneyCosts& costs,
                                        std::span<const float> thresholds);
// The picture sent, the model on the server.
std::vector<Journey> journeys_of_pictures(std::span<const SentPicture> sent, const JourneyCosts& costs);
// The same, as its pixels, which takes no time on either side.
std::vector<Journey> journeys_of_pixels(const ExitProfile& profile, std::uint32_t bytes, const JourneyCosts& costs);

// The link and the device that latencies are reckoned for.
inline constexpr std::array<double, 2> kCutLinksMbitPerS = {2, 6};
inline constexpr double kCutRoundTripMs = 10;  // of whatever sends anything; the answer's own bytes are few for all

// Milliseconds to the answer where the device takes `slowdown` times what was measured here.
double latency_ms(const Journey& journey, double slowdown, double mbit_per_s);

struct Spread {
  double mean = 0;
  double p50 = 0;  // nearest rank
  double p95 = 0;
};
Spread spread_of(std::vector<double> values);

// What journeys come to together.
struct JourneyFigures {
  double device_exits = 0;  // shares of the inputs
  double server_exits = 0;
  double at_end = 0;
  double agreement = 0;
  double accuracy = 0;
  Spread bytes_sent;  // over the inputs of which any were
  Spread bytes;       // over all
  double device_macs = 0;
  double server_macs = 0;
  std::array<Spread, kCutLinksMbitPerS.size()> latency_ms;  // by link
};
JourneyFigures figures_of(std::span<const Journey> journeys, double slowdown);

}  // namespace sluice::eval
