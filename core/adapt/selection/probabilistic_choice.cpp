#include "core/adapt/selection/probabilistic_choice.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::adapt {
namespace {

// A variant at the very bound would have all the weight.
constexpr double kLeastDistance = 1;  // ms

bool is_inside(const Variant& variant, const ProbabilisticBounds& bounds) {
  return is_usable(variant) && variant.mean_ms + variant.deviation_ms < bounds.hard_ms &&
         variant.mean_ms - variant.deviation_ms < bounds.soft_ms;
}

double distance(const Variant& variant, const ProbabilisticBounds& bounds) {
  return std::max(std::abs(bounds.soft_ms - variant.mean_ms), kLeastDistance);
}

double weight_of(const Variant& variant, const ProbabilisticBounds& bounds) {
  return std::max(variant.accuracy, 0.0) * (bounds.hard_ms - variant.mean_ms - variant.deviation_ms) /
         distance(variant, bounds);
}

}  // namespace

Result<std::size_t> choose_probabilistically(std::span<const Variant> variants, const ProbabilisticBounds& bounds,
                                             double draw) {
  if (!(draw >= 0 && draw < 1) || !std::isfinite(bounds.hard_ms) || !std::isfinite(bounds.soft_ms)) {
    return fail(ErrorCode::kInvalidArgument,
                {"a draw of ", draw, " within ", bounds.soft_ms, " and ", bounds.hard_ms, " ms"});
  }
  const std::size_t none = variants.size();
  std::size_t base = none;
  std::size_t fastest = none;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (!is_usable(variants[i])) continue;
    if (fastest == none || variants[i].mean_ms < variants[fastest].mean_ms) fastest = i;
    if (is_inside(variants[i], bounds) && (base == none || variants[i].accuracy > variants[base].accuracy)) base = i;
  }
  if (fastest == none)
    return fail(ErrorCode::kInvalidArgument, {"none of ", variants.size(), " variants has usable numbers"});
  if (base == none) return fastest;

  const double band = distance(variants[base], bounds);
  const auto drawn = [&](std::size_t i) {
    return is_inside(variants[i], bounds) && distance(variants[i], bounds) <= band;
  };
  double all = 0;
  for (std::size_t i = 0; i < variants.size(); ++i) all += drawn(i) ? weight_of(variants[i], bounds) : 0;
  double left = draw * all;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (!drawn(i)) continue;
    left -= weight_of(variants[i], bounds);
    if (left < 0) return i;
  }
  return base;  // no weight anywhere, or rounding
}

}  // namespace sluice::adapt
