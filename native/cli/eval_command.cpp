#include "native/cli/eval_command.hpp"

#include <cstdio>
#include <filesystem>
#include <string>

#include "native/cli/bundle_search.hpp"
#include "native/eval/eval_arguments.hpp"
#include "native/eval/exits/exit_family.hpp"

namespace sluice::cli {
namespace {

// A bundle's folder, or what the folders of a family begin with (native/eval/exits/exit_family.hpp).
Result<std::filesystem::path> find_evaluated(const std::string& name) {
  auto found = find_bundle(name);
  if (found || name.find('/') != std::string::npos) return found;
  for (const auto& folder : bundle_folders()) {
    if (!eval::find_family(folder / name).empty()) return folder / name;
  }
  return found;
}

}  // namespace

void EvalCommand::declare(CLI::App& app) { eval::add_eval_arguments(app, options_); }

int EvalCommand::run() {
  if (options_.bundle.empty()) {
    const auto folder = find_evaluated(options_.name);
    if (!folder) return complain(folder.error());
    options_.bundle = *folder;
  }
  const auto done = eval::run_eval(options_, stdout, stderr);
  return done ? kDone : complain(done.error());
}

}  // namespace sluice::cli
