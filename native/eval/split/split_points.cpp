#include "native/eval/split/split_points.hpp"

#include <algorithm>

#include "core/filter/binomial.hpp"

namespace sluice::eval {

std::vector<pipeline::SplitPoint> split_points(const SplitMeasurement& measured) {
  std::vector<std::uint64_t> agreed;
  for (std::size_t cut = 0; cut < measured.cuts.size(); ++cut) {
    agreed.push_back(static_cast<std::uint64_t>(std::ranges::count_if(
        measured.pictures, [&](const SplitRecord& one) { return one.combined[cut] == one.full; })));
  }
  return split_points(measured.cuts, agreed, measured.pictures.size());
}

std::vector<pipeline::SplitPoint> split_points(std::span<const std::uint32_t> cuts,
                                               std::span<const std::uint64_t> agreed, std::uint64_t pictures) {
  std::vector<pipeline::SplitPoint> points;
  for (std::size_t cut = 0; cut < cuts.size(); ++cut) {
    // One side of an interval of twice the doubt.
    const auto kept =
        static_cast<float>(filter::clopper_pearson(agreed[cut], pictures, 1 - 2 * (1 - kSplitConfidence)).low);
    if (kept <= (points.empty() ? 0.0F : points.back().target)) continue;
    points.push_back({kept, cuts[cut]});
  }
  return points;
}

}  // namespace sluice::eval
