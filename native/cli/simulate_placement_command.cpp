#include "native/cli/simulate_placement_command.hpp"

#include <cstdio>

namespace sluice::cli {

void SimulatePlacementCommand::declare(CLI::App& app) { simulate::add_placement_arguments(app, simulation_); }

int SimulatePlacementCommand::run() {
  const auto done = simulate::run_placement_simulation(simulation_, stdout, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
