#include "core/adapt/placement/subsampling.hpp"

#include <algorithm>

namespace sluice::adapt {

std::uint32_t subsampling_of(std::uint32_t width, std::uint32_t height, std::uint32_t least_side, std::uint32_t most) {
  const std::uint32_t side = std::min(width, height);
  std::uint32_t divisor = 1;
  while (divisor <= most / 2 && side / (divisor * 2) >= least_side && side / (divisor * 2) > 0) divisor *= 2;
  return divisor;
}

}  // namespace sluice::adapt
