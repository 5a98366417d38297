#include "native/eval/split/split_points.hpp"

#include <algorithm>

#include "core/filter/binomial.hpp"

namespace sluice::eval {

std::vector<pipeline::SplitPoint> split_points(const SplitMeasurement& measured) {
  std::vector<pipeline::SplitPoint> points;
  for (std::size_t cut = 0; cut < measured.cuts.size(); ++cut) {
    const auto agreed = static_cast<std::uint64_t>(std::ranges::count_if(
        measured.pictures, [&](const SplitRecord& one) { return one.combined[cut] == one.full; }));
    // One side of an interval of twice the doubt.
    const auto kept = static_cast<float>(
        filter::clopper_pearson(agreed, measured.pictures.size(), 1 - 2 * (1 - kSplitConfidence)).low);
    if (kept <= (points.empty() ? 0.0F : points.back().target)) continue;
    points.push_back({kept, measured.cuts[cut]});
  }
  return points;
}

}  // namespace sluice::eval
