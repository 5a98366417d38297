#include "native/cli/variants_command.hpp"

#include <cstdio>

#include "native/cli/bundle_search.hpp"
#include "native/eval/variants/variants_arguments.hpp"

namespace sluice::cli {

void VariantsCommand::declare(CLI::App& app) { eval::add_variants_arguments(app, options_); }

int VariantsCommand::run() {
  const auto folder = find_bundle(options_.name);
  if (!folder) return complain(folder.error());
  options_.bundle = *folder;
  const auto done = eval::run_variants(options_, stdout, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
