// A ModiPick-style choice (unverified: the draw and the bounds are in published code, the weights are not): the best variant inside the
// budget is the base; among those about as fast as the soft bound allows one is drawn, the accurate and early ones more often, so that the
// statistics of variants that the greedy rule would leave alone stay fresh. Off by default wherever it is offered. Pure function;
// the random number is the caller's.
#pragma once

#include <span>

#include "core/adapt/selection/selection.hpp"

namespace sluice::adapt {

struct ProbabilisticBounds {
  double hard_ms = 0;  // T_U: execution and deviation stay below
  double soft_ms = 0;  // T_L: what execution should take
};

// `draw`: uniform in [0, 1). kInvalidArgument for no usable variant, bounds that are not finite, or another draw. Without a variant inside
// the bounds: the fastest, as select_variant does.
Result<std::size_t> choose_probabilistically(std::span<const Variant> variants, const ProbabilisticBounds& bounds,
                                             double draw);

}  // namespace sluice::adapt
