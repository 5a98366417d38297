#include "native/eval/exits/cut_journeys.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace sluice::eval {
namespace {

// One input's, step by step.
class Traveller {
 public:
  explicit Traveller(const JourneyCosts& costs) : costs_(costs) {}

  void run_stage(std::size_t stage) { add(costs_.macs.stretches[stage], costs_.times.stages_ms[stage]); }
  void ask_exit(std::size_t exit) { add(costs_.macs.branches[exit], costs_.times.branches_ms[exit]); }
  void send(std::uint32_t bytes) {
    journey_.bytes = bytes;
    journey_.device_ms += costs_.times.code_ms;
    journey_.server_ms += costs_.times.decode_ms;
    at_server_ = true;
  }
  Journey answer(bool at_exit, const ExitAnswer& answer) {
    journey_.by = !at_exit ? Answerer::kEnd : at_server_ ? Answerer::kServerExit : Answerer::kDeviceExit;
    journey_.agrees = answer.agrees;
    journey_.right = answer.right;
    return journey_;
  }

 private:
  void add(std::uint64_t macs, double ms) {
    (at_server_ ? journey_.server_macs : journey_.device_macs) += macs;
    (at_server_ ? journey_.server_ms : journey_.device_ms) += ms;
  }

  const JourneyCosts& costs_;
  Journey journey_;
  bool at_server_ = false;
};

// `cut`: the place, or more than there are.
Journey travel(const ExitProfile& profile, std::size_t input, std::size_t exits, std::size_t cut, std::uint32_t bytes,
               const JourneyCosts& costs, std::optional<std::span<const float>> thresholds) {
  Traveller traveller(costs);
  for (std::size_t exit = 0; exit < exits; ++exit) {
    traveller.run_stage(exit);
    const bool open = thresholds && (*thresholds)[exit] < kClosed;
    // At the cut it is asked all the same, so that the device has an answer where the server has none.
    if (open || (thresholds && exit == cut)) traveller.ask_exit(exit);
    const ExitAnswer& answer = profile.exits[exit][input];
    if (open && answer.confidence > (*thresholds)[exit]) return traveller.answer(true, answer);
    if (exit == cut) traveller.send(bytes);
  }
  traveller.run_stage(exits);
  if (profile.exits.size() > exits) return traveller.answer(false, profile.exits[exits][input]);
  return traveller.answer(false, {0, true, profile.full_right[input] != 0});
}

}  // namespace

std::vector<Journey> journeys_by_cut(const CutMeasurement& measured, std::size_t place, const JourneyCosts& costs,
                                     std::optional<std::span<const float>> thresholds) {
  std::vector<Journey> journeys;
  const std::size_t exits = costs.macs.branches.size();
  for (std::size_t i = 0; i < measured.profile.inputs(); ++i) {
    journeys.push_back(travel(measured.profile, i, exits, place, measured.bytes[i], costs, thresholds));
  }
  return journeys;
}

std::vector<Journey> journeys_on_device(const ExitProfile& profile, const JourneyCosts& costs,
                                        std::span<const float> thresholds) {
  std::vector<Journey> journeys;
  const std::size_t exits = costs.macs.branches.size();
  for (std::size_t i = 0; i < profile.inputs(); ++i) {
    journeys.push_back(travel(profile, i, exits, exits, 0, costs, thresholds));
  }
  return journeys;
}

std::vector<Journey> journeys_of_pictures(std::span<const SentPicture> sent, const JourneyCosts& costs) {
  std::vector<Journey> journeys;
  for (const SentPicture& one : sent) {
    journeys.push_back({Answerer::kEnd, one.agrees, one.right, one.bytes, 0, costs.macs.model(), costs.times.jpeg_ms,
                        costs.times.picture_ms + costs.times.whole_ms});
  }
  return journeys;
}

std::vector<Journey> journeys_of_pixels(const ExitProfile& profile, std::uint32_t bytes, const JourneyCosts& costs) {
  std::vector<Journey> journeys;
  for (const std::uint8_t right : profile.full_right) {
    journeys.push_back({Answerer::kEnd, true, right != 0, bytes, 0, costs.macs.model(), 0, costs.times.whole_ms});
  }
  return journeys;
}

double latency_ms(const Journey& journey, double slowdown, double mbit_per_s) {
  const double device = slowdown * journey.device_ms;
  if (journey.bytes == 0) return device;
  return device + journey.bytes * 8 / (1e3 * mbit_per_s) + kCutRoundTripMs + journey.server_ms;
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto count = static_cast<double>(values.size());
  const auto at = [&](double share) { return values[static_cast<std::size_t>(std::ceil(share * count)) - 1]; };
  return {std::accumulate(values.begin(), values.end(), 0.0) / count, at(0.5), at(0.95)};
}

JourneyFigures figures_of(std::span<const Journey> journeys, double slowdown) {
  const auto count = static_cast<double>(std::max<std::size_t>(journeys.size(), 1));
  const auto share = [&](auto of) { return static_cast<double>(std::ranges::count_if(journeys, of)) / count; };
  const auto by = [&](Answerer who) { return share([who](const Journey& one) { return one.by == who; }); };
  JourneyFigures figures;
  figures.device_exits = by(Answerer::kDeviceExit);
  figures.server_exits = by(Answerer::kServerExit);
  figures.at_end = by(Answerer::kEnd);
  figures.agreement = share(std::mem_fn(&Journey::agrees));
  figures.accuracy = share(std::mem_fn(&Journey::right));
  std::vector<double> sent;
  std::vector<double> bytes;
  for (const Journey& one : journeys) {
    bytes.push_back(one.bytes);
    if (one.bytes != 0) sent.push_back(one.bytes);
    figures.device_macs += static_cast<double>(one.device_macs) / count;
    figures.server_macs += static_cast<double>(one.server_macs) / count;
  }
  figures.bytes_sent = spread_of(std::move(sent));
  figures.bytes = spread_of(std::move(bytes));
  for (std::size_t link = 0; link < kCutLinksMbitPerS.size(); ++link) {
    std::vector<double> all;
    for (const Journey& one : journeys) all.push_back(latency_ms(one, slowdown, kCutLinksMbitPerS[link]));
    figures.latency_ms[link] = spread_of(std::move(all));
  }
  return figures;
}

}  // namespace sluice::eval
