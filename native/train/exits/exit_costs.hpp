// What a network with exits costs to run, as the core counts it. Pure function.
#pragma once

#include <cstddef>
#include <span>

#include "native/eval/exits/exit_profile.hpp"
#include "native/train/exits/exit_network.hpp"

namespace sluice::train::exits {

// With these of its branches, at growing places, one at each at most. `whole`: the multiply-adds of the backbone.
eval::ExitCosts costs_of(const ExitNetworkImpl& network, std::uint64_t whole, std::span<const std::size_t> branches);

}  // namespace sluice::train::exits
