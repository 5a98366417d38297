#include "native/cli/eval_command.hpp"

#include <cstdio>

#include "native/cli/bundle_search.hpp"
#include "native/eval/eval_arguments.hpp"

namespace sluice::cli {

void EvalCommand::declare(CLI::App& app) { eval::add_eval_arguments(app, options_); }

int EvalCommand::run() {
  if (options_.bundle.empty()) {
    const auto folder = find_bundle(options_.name);
    if (!folder) return complain(folder.error());
    options_.bundle = *folder;
  }
  const auto done = eval::run_eval(options_, stdout, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
