#include "native/train/exits/baselines/exit_placement.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::train::exits::baselines {

std::vector<std::size_t> branchy_places(const Places& places, std::int64_t side) {
  std::vector<std::size_t> chosen;
  for (const std::int64_t part : {2, 4}) {
    const auto found = std::find_if(places.all.begin(), places.all.end(),
                                    [&](const Place& place) { return place.side * part <= side; });
    if (found == places.all.end()) break;
    const auto number = static_cast<std::size_t>(found - places.all.begin());
    if (chosen.empty() || chosen.back() != number) chosen.push_back(number);
  }
  return chosen;
}

std::vector<std::size_t> places_at(const Places& places, std::span<const double> shares) {
  std::vector<std::size_t> chosen;
  for (const double share : shares) {
    const double wanted = share * static_cast<double>(places.multiply_adds);
    const auto distance = [&](const Place& place) {
      return std::abs(static_cast<double>(place.multiply_adds) - wanted);
    };
    const auto nearest = std::min_element(places.all.begin(), places.all.end(),
                                          [&](const Place& a, const Place& b) { return distance(a) < distance(b); });
    if (nearest != places.all.end()) chosen.push_back(static_cast<std::size_t>(nearest - places.all.begin()));
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

}  // namespace sluice::train::exits::baselines
