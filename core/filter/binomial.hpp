// Exact binomial tails and intervals, for promises and reports about shares. Pure functions.
// Sources: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
// binomial", Biometrika 26 (1934).
#pragma once

#include <cstdint>

namespace sluice::filter {

// P(X <= successes) for X ~ Binomial(trials, p), p in [0, 1].
double binomial_cdf(std::uint64_t successes, std::uint64_t trials, double p);

struct Interval {
  double low = 0;
  double high = 1;
};

// The two-sided Clopper-Pearson interval of a share; [0, 1] when there were no trials. Precondition: successes <=
// trials, confidence in (0, 1).
Interval clopper_pearson(std::uint64_t successes, std::uint64_t trials, double confidence);

}  // namespace sluice::filter
