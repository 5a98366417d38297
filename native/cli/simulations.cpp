// The simulations of `sluice simulate`.
#include "native/cli/simulate_command.hpp"

namespace sluice::cli {

std::vector<std::unique_ptr<Command>> make_simulations() {
  std::vector<std::unique_ptr<Command>> simulations;
  return simulations;
}

}  // namespace sluice::cli
