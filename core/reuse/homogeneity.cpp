#include "core/reuse/homogeneity.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sluice::reuse {
namespace {

// The distance of an identical embedding, which outweighs all others and still sums to a finite number.
constexpr float kSmallestDistance = 1e-12F;

// Where the neighbours end that vote, for kDominance.
std::size_t drop_far(std::span<const Neighbour> neighbours) {
  double sum = 0;
  for (const Neighbour& neighbour : neighbours) sum += neighbour.distance;
  const double mean = sum / static_cast<double>(neighbours.size());
  std::size_t kept = 0;
  while (kept < neighbours.size() && neighbours[kept].distance < mean) ++kept;
  return kept == 0 ? neighbours.size() : kept;
}

}  // namespace

Vote count_votes(std::span<const Neighbour> neighbours, std::span<const std::uint8_t> groups, VoteForm form) {
  if (neighbours.empty()) return {};
  const bool weighted = form == VoteForm::kWeightedShare;
  const std::size_t voters = weighted ? neighbours.size() : drop_far(neighbours);
  std::array<float, kMaxNeighbours> votes{};
  for (std::size_t i = 0; i < voters; ++i) {
    votes[groups[i]] += weighted ? 1 / std::max(neighbours[i].distance, kSmallestDistance) : 1;
  }
  std::size_t winner = 0;
  float sum = 0;
  float squares = 0;
  for (std::size_t i = 0; i < voters; ++i) {
    if (votes[i] > votes[winner]) winner = i;
    sum += votes[i];
    squares += votes[i] * votes[i];
  }
  return {winner, votes[winner] / (weighted ? sum : std::sqrt(squares))};
}

}  // namespace sluice::reuse
