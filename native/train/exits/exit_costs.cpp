#include "native/train/exits/exit_costs.hpp"

namespace sluice::train::exits {

eval::ExitCosts costs_of(const ExitNetworkImpl& network, std::uint64_t whole, std::span<const std::size_t> branches) {
  eval::ExitCosts costs;
  std::uint64_t before = 0;
  for (const std::size_t branch : branches) {
    const Place& place = network.places()[network.place_of(branch)];
    costs.stretches.push_back(place.multiply_adds - before);
    costs.branches.push_back(network.branch(branch).multiply_adds());
    before = place.multiply_adds;
  }
  costs.stretches.push_back(whole - before);
  return costs;
}

}  // namespace sluice::train::exits
