#include "core/adapt/placement/shrunk_size.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::adapt {
namespace {

constexpr double kUsualQuantiser = 0.25;
constexpr double kScatterOfLogarithm = 0.15;
constexpr double kLargestLogarithm = 30;

bool are_facts(const ShrinkingFacts& facts) {
  for (const double value : {facts.bytes, facts.pixels, facts.shrunk_pixels}) {
    if (!(value > 0) || !std::isfinite(value)) return false;
  }
  return true;
}

// To begin with: as many bytes a pixel; bytes fall with the quantiser about as its 0.6th power; each halving of the sides leaves a third more
// bytes a pixel.
LeastSquaresOptions photos() {
  LeastSquaresOptions options;
  options.predictors = 4;
  options.typical = {1, 1, 1, 1};
  options.initial = {0, 1, 0.6, 0.3};
  options.initial_doubt = {0.2, 0.2, 0.3, 0.2};
  options.forgetting = 0.995;
  return options;
}

}  // namespace

ShrunkSize::ShrunkSize(double quantiser)
    : quantiser_(std::isfinite(quantiser) && quantiser > 0 ? quantiser : kUsualQuantiser),
      fit_(*RecursiveLeastSquares::create(photos())) {}

std::array<double, ShrunkSize::kPredictors> ShrunkSize::predictors_of(const ShrinkingFacts& facts) const {
  double quantiser = facts.quantiser.value_or(kUsualQuantiser);
  if (!(quantiser > 0) || !std::isfinite(quantiser)) quantiser = kUsualQuantiser;
  return {1, std::log(facts.bytes / facts.pixels), std::log(quantiser / quantiser_),
          0.5 * std::log2(facts.pixels / facts.shrunk_pixels)};
}

double ShrunkSize::predict(const ShrinkingFacts& facts) const {
  if (!are_facts(facts)) return 0;
  const double logarithm = fit_.predict(predictors_of(facts));
  return facts.shrunk_pixels * std::exp(std::clamp(logarithm, -kLargestLogarithm, kLargestLogarithm));
}

Result<void> ShrunkSize::observe(const ShrinkingFacts& facts, double shrunk_bytes) {
  if (!are_facts(facts) || !(shrunk_bytes > 0) || !std::isfinite(shrunk_bytes)) {
    return fail(ErrorCode::kInvalidArgument,
                {facts.bytes, " bytes of ", facts.pixels, " pixels shrunk to ", facts.shrunk_pixels, " pixels and ",
                 shrunk_bytes, " bytes: all are above 0"});
  }
  return fit_.observe(predictors_of(facts), std::log(shrunk_bytes / facts.shrunk_pixels),
                      1 / (kScatterOfLogarithm * kScatterOfLogarithm));
}

}  // namespace sluice::adapt
