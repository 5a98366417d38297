#include "native/cli/command.hpp"

#include <cstdio>

#include "native/cli/inspect_command.hpp"
#include "native/cli/printable.hpp"
#include "native/cli/replay_command.hpp"
#include "native/cli/run_command.hpp"
#ifdef SLUICE_WITH_EVAL
#include "native/cli/eval_command.hpp"
#endif
#ifdef SLUICE_WITH_FIT
#include "native/cli/fit_command.hpp"
#endif

namespace sluice::cli {

std::vector<std::unique_ptr<Command>> make_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(std::make_unique<RunCommand>());
  commands.push_back(std::make_unique<ReplayCommand>());
  commands.push_back(std::make_unique<InspectCommand>());
#ifdef SLUICE_WITH_EVAL
  commands.push_back(std::make_unique<EvalCommand>());
#endif
#ifdef SLUICE_WITH_FIT
  commands.push_back(std::make_unique<FitCommand>());
#endif
  return commands;
}

int complain(const Error& error) {
  std::fprintf(stderr, "sluice: %s\n", printable(describe(error)).c_str());
  const ErrorInfo* info = find_error(static_cast<std::uint32_t>(error.code));
  if (info != nullptr && !info->hint.empty()) {
    std::fprintf(stderr, "        %.*s\n", static_cast<int>(info->hint.size()), info->hint.data());
  }
  return kFailed;
}

}  // namespace sluice::cli
