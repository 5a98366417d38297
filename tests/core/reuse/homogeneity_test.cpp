#include "core/reuse/homogeneity.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

using namespace sluice::reuse;

namespace {

std::vector<Neighbour> at(std::initializer_list<float> distances) {
  std::vector<Neighbour> neighbours;
  for (const float distance : distances) neighbours.push_back({distance, 0});
  return neighbours;
}

using Groups = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("the weighted share is the winners' part of all 1/distance") {
  const Vote vote = count_votes(at({1, 2, 4}), Groups{0, 1, 1}, VoteForm::kWeightedShare);
  CHECK(vote.winner == 0);
  CHECK(vote.homogeneity == doctest::Approx(1 / 1.75));

  const Vote outvoted = count_votes(at({1, 1.25F, 1.25F}), Groups{0, 1, 1}, VoteForm::kWeightedShare);
  CHECK(outvoted.winner == 1);
  CHECK(outvoted.homogeneity == doctest::Approx(1.6 / 2.6));
}

TEST_CASE("identical embeddings outweigh all others and split the vote among themselves") {
  CHECK(count_votes(at({0, 1e-6F, 1}), Groups{0, 1, 1}, VoteForm::kWeightedShare).homogeneity > 0.999F);
  CHECK(count_votes(at({0, 0, 1}), Groups{0, 1, 0}, VoteForm::kWeightedShare).homogeneity == doctest::Approx(0.5));
  const std::vector<Neighbour> many(kMaxNeighbours, Neighbour{0, 0});
  CHECK(count_votes(many, Groups(kMaxNeighbours, 0), VoteForm::kWeightedShare).homogeneity == doctest::Approx(1));
}

TEST_CASE("distances near the largest float still give a share") {
  const Vote vote = count_votes(at({3e38F, 3e38F}), Groups{0, 1}, VoteForm::kWeightedShare);
  CHECK(vote.winner == 0);
  CHECK(vote.homogeneity == doctest::Approx(0.5));
}

TEST_CASE("the dominance is N_max / sqrt(sum N_i^2) of those nearer than the mean") {
  // The mean is 4: three stay, two against one.
  const Vote vote = count_votes(at({1, 2, 3, 5, 9}), Groups{0, 1, 1, 0, 0}, VoteForm::kDominance);
  CHECK(vote.winner == 1);
  CHECK(vote.homogeneity == doctest::Approx(2 / std::sqrt(5.0)));
}

TEST_CASE("the drop rule leaves one neighbour, and equal distances, as they are") {
  CHECK(count_votes(at({3}), Groups{0}, VoteForm::kDominance).homogeneity == doctest::Approx(1));
  CHECK(count_votes(at({2, 2, 2, 2}), Groups{0, 1, 2, 3}, VoteForm::kDominance).homogeneity == doctest::Approx(0.5));
  CHECK(count_votes(at({0, 0}), Groups{0, 0}, VoteForm::kDominance).homogeneity == doctest::Approx(1));
  // The mean of equal numbers that no float holds exactly must not fall to one side of them.
  CHECK(count_votes(at({0.1F, 0.1F, 0.1F}), Groups{0, 1, 1}, VoteForm::kDominance).winner == 1);
}

TEST_CASE(
    "four different results in equal numbers pass the published threshold of the dominance, and not the default's") {
  const auto neighbours = at({1, 1, 1, 1});
  const Groups groups{0, 1, 2, 3};
  CHECK(count_votes(neighbours, groups, VoteForm::kDominance).homogeneity >= 0.5F);
  CHECK(count_votes(neighbours, groups, VoteForm::kWeightedShare).homogeneity < VoteOptions{}.min_homogeneity);
}

TEST_CASE("of equal groups the one with the nearest member wins; nobody voting is no agreement") {
  CHECK(count_votes(at({1, 1}), Groups{0, 1}, VoteForm::kWeightedShare).winner == 0);
  CHECK(count_votes(at({1, 1, 3}), Groups{0, 1, 2}, VoteForm::kDominance).winner == 0);
  for (const VoteForm form : {VoteForm::kWeightedShare, VoteForm::kDominance}) {
    CHECK(count_votes({}, {}, form).homogeneity == 0);
  }
}
