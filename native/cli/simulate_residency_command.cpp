#include "native/cli/simulate_residency_command.hpp"

#include <cstdio>

#include "native/simulate/residency/residency_arguments.hpp"

namespace sluice::cli {

void SimulateResidencyCommand::declare(CLI::App& app) { simulate::add_residency_arguments(app, simulation_); }

int SimulateResidencyCommand::run() {
  const auto done = simulate::run_residency_simulation(simulation_, stdout, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
