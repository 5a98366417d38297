#include "native/cli/usage.hpp"

#include <cstdio>

#include "core/base/error.hpp"
#include "native/arguments/explain_usage.hpp"
#include "native/cli/command.hpp"
#include "native/cli/printable.hpp"

namespace sluice::cli {

int refuse_usage(const CLI::App& program, const CLI::ParseError& error) {
  const Error refused{ErrorCode::kInvalidArgument, arguments::explain_usage(program, error)};
  std::fprintf(stderr, "sluice: %s\n", printable(describe(refused)).c_str());
  std::fprintf(stderr, "        `%s --help` tells what there is\n",
               arguments::full_name(arguments::reached(program)).c_str());
  return kUsage;
}

}  // namespace sluice::cli
