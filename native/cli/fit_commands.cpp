// The one command of `sluice-fit`, a program of its own since LibTorch takes half a second to load. See fit_program.hpp.
#include "native/cli/command.hpp"
#include "native/cli/fit_command.hpp"

namespace sluice::cli {

std::vector<std::unique_ptr<Command>> make_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(std::make_unique<FitCommand>());
  return commands;
}

}  // namespace sluice::cli
