// Where published systems put their exits, as places of a backbone. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "native/train/exits/place.hpp"

namespace sluice::train::exits::baselines {

// BranchyNet's two: the first place whose map has half of the picture's side at most, and the first with a quarter. Of a VGG these are
// the ends of its first two blocks, as B-AlexNet's stand behind its first two convolutions with their pools; of our Inception behind
// the two convolutions that it begins with, and behind its second module. Fewer where the backbone has no such place.
std::vector<std::size_t> branchy_places(const Places& places, std::int64_t side);

// The places nearest to these shares of the backbone's cost, each once, growing.
std::vector<std::size_t> places_at(const Places& places, std::span<const double> shares);

}  // namespace sluice::train::exits::baselines
