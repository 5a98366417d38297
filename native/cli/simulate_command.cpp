#include "native/cli/simulate_command.hpp"

namespace sluice::cli {

void SimulateCommand::declare(CLI::App& app) {
  app.require_subcommand(1);
  app.footer("`sluice simulate SIMULATION --help` tells what one takes and shows examples.");
  for (const auto& simulation : simulations_) {
    CLI::App* subcommand = app.add_subcommand(simulation->name(), simulation->summary());
    simulation->declare(*subcommand);
    subcommand->callback([this, &simulation] { chosen_ = simulation.get(); });
  }
}

}  // namespace sluice::cli
