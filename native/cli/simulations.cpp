// The simulations of `sluice simulate`.
#include "native/cli/simulate_choice_command.hpp"
#include "native/cli/simulate_command.hpp"
#include "native/cli/simulate_placement_command.hpp"
#include "native/cli/simulate_residency_command.hpp"
#include "native/cli/simulate_selection_command.hpp"

namespace sluice::cli {

std::vector<std::unique_ptr<Command>> make_simulations() {
  std::vector<std::unique_ptr<Command>> simulations;
  simulations.push_back(std::make_unique<SimulateSelectionCommand>());
  simulations.push_back(std::make_unique<SimulatePlacementCommand>());
  simulations.push_back(std::make_unique<SimulateResidencyCommand>());
  simulations.push_back(std::make_unique<SimulateChoiceCommand>());
  return simulations;
}

}  // namespace sluice::cli
