#include "native/cli/simulate_selection_command.hpp"

#include <cstdio>

namespace sluice::cli {

void SimulateSelectionCommand::declare(CLI::App& app) { simulate::add_selection_arguments(app, simulation_); }

int SimulateSelectionCommand::run() {
  const auto done = simulate::run_selection_simulation(simulation_, stdout, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
