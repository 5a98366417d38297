#include "native/cli/fit_command.hpp"

#include <cstdio>

namespace sluice::cli {

int FitCommand::run() {
  const auto options = train::complete_fit_options(arguments_);
  if (!options) return complain(options.error());
  const auto done = train::run_fit(*options, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
