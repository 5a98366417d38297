// The commands of `sluice`.
#include "native/cli/command.hpp"
#include "native/cli/fit_program.hpp"
#include "native/cli/inspect_command.hpp"
#include "native/cli/replay_command.hpp"
#include "native/cli/run_command.hpp"
#include "native/cli/simulate_command.hpp"
#ifdef SLUICE_WITH_EVAL
#include "native/cli/eval_command.hpp"
#include "native/cli/variants_command.hpp"
#endif

namespace sluice::cli {

std::vector<std::unique_ptr<Command>> make_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(std::make_unique<RunCommand>());
  commands.push_back(std::make_unique<ReplayCommand>());
  commands.push_back(std::make_unique<InspectCommand>());
#ifdef SLUICE_WITH_EVAL
  commands.push_back(std::make_unique<EvalCommand>());
  commands.push_back(std::make_unique<VariantsCommand>());
#endif
  commands.push_back(std::make_unique<FitProgram>());
  commands.push_back(std::make_unique<SimulateCommand>());
  return commands;
}

}  // namespace sluice::cli
