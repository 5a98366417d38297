// The vote of the nearest entries (FoggyCache's H-kNN, MobiCom'18): an earlier result is handed out only when the entries
// around the new input agree with each other. Neighbours come in groups that agree; a group is named by its nearest member.
// Two measures of how much they agree, both in (0, 1]:
//   kWeightedShare   the winning group's share of all weights, a neighbour weighing 1/distance
//   kDominance       FoggyCache's N_max / sqrt(sum N_i^2), N_i the sizes of the groups, after neighbours at or beyond the mean
//                    distance were dropped. One neighbour, or equal distances, would all be dropped; then all are kept.
// The share is the default. It reads as "so much of the neighbourhood agrees", and a dissenter lowers it in proportion to how
// near he stands. The dominance of l equal groups is still 1/sqrt(l): with the published threshold of 0.5 four different
// results in equal numbers pass, and the drop rule forgets dissent that lies just beyond the mean.
// Pure functions; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/reuse/neighbour_search.hpp"

namespace sluice::reuse {

inline constexpr std::size_t kMaxNeighbours = 32;

enum class VoteForm : std::uint8_t { kWeightedShare, kDominance };

struct VoteOptions {
  std::size_t neighbours = 10;  // [1, kMaxNeighbours]; k
  VoteForm form = VoteForm::kWeightedShare;
  float min_homogeneity = 0.8F;  // (0, 1]; less is a miss
};

struct Vote {
  std::size_t winner = 0;  // index of the winning group's nearest member
  float homogeneity = 0;   // 0 when nobody votes
};

// `groups[i]` is the index of the nearest member of neighbour i's group. Equal groups: the one with the nearest member wins.
// Precondition: as many groups as neighbours, at most kMaxNeighbours; nearest first.
Vote count_votes(std::span<const Neighbour> neighbours, std::span<const std::uint8_t> groups, VoteForm form);

}  // namespace sluice::reuse
