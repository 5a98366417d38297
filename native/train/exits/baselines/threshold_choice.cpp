#include "native/train/exits/baselines/threshold_choice.hpp"

#include <algorithm>
#include <numeric>

namespace sluice::train::exits::baselines {

std::vector<Thresholds> threshold_product(std::span<const float> values, std::size_t exits) {
  std::vector<Thresholds> all{{}};
  for (std::size_t exit = 0; exit < exits; ++exit) {
    std::vector<Thresholds> longer;
    for (const Thresholds& one : all) {
      for (const float value : values) {
        longer.push_back(one);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::vector<Thresholds> common_thresholds(std::span<const float> values, std::size_t exits) {
  std::vector<Thresholds> all;
  for (const float value : values) all.emplace_back(exits, value);
  return all;
}

std::vector<std::size_t> pareto_front(const eval::ExitProfile& profile, const eval::ExitCosts& costs,
                                      std::span<const Thresholds> candidates) {
  std::vector<eval::ExitReplay> replays;
  for (const Thresholds& one : candidates) replays.push_back(eval::replay(profile, costs, one));
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (replays[a].multiply_adds != replays[b].multiply_adds)
      return replays[a].multiply_adds < replays[b].multiply_adds;
    return replays[a].accuracy > replays[b].accuracy;
  });
  std::vector<std::size_t> front;
  for (const std::size_t one : order) {
    if (front.empty() || replays[one].accuracy > replays[front.back()].accuracy) front.push_back(one);
  }
  return front;
}

}  // namespace sluice::train::exits::baselines
