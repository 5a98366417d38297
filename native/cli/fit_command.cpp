#include "native/cli/fit_command.hpp"

#include <cstdio>

#include "native/train/exits/exits_fit.hpp"
#include "native/train/splitnet/split_fit.hpp"

namespace sluice::cli {

int FitCommand::run() {
  if (arguments_.split.wanted) {
    const auto options = train::complete_split_options(arguments_);
    if (!options) return complain(options.error());
    const auto done = train::splitnet::run_split_fit(*options, stderr);
    return done ? kDone : complain(done.error());
  }
  if (arguments_.exits.wanted) {
    const auto options = train::complete_exits_options(arguments_);
    if (!options) return complain(options.error());
    const auto done = train::exits::run_exits_fit(*options, stderr);
    return done ? kDone : complain(done.error());
  }
  const auto options = train::complete_fit_options(arguments_);
  if (!options) return complain(options.error());
  const auto done = train::run_fit(*options, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
