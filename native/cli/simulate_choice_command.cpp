#include "native/cli/simulate_choice_command.hpp"

#include <cstdio>

namespace sluice::cli {

void SimulateChoiceCommand::declare(CLI::App& app) { simulate::add_choice_arguments(app, arguments_); }

int SimulateChoiceCommand::run() {
  const auto done = simulate::run_choice_simulation(arguments_, stdout, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
