// The command line of `sluice variants`, so that the program stays a table of commands.
#pragma once

#include <CLI/App.hpp>

#include "native/eval/variants/variants_command.hpp"

namespace sluice::eval {

void add_variants_arguments(CLI::App& command, VariantsOptions& options);

}  // namespace sluice::eval
