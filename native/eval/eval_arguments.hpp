// The command line of `sluice eval`, so that the program stays a table of commands.
#pragma once

#include <CLI/App.hpp>

#include "native/eval/eval_command.hpp"

namespace sluice::eval {

void add_eval_arguments(CLI::App& command, EvalOptions& options);

}  // namespace sluice::eval
