// What a command line that makes no sense is answered: a typed error as any other, and the help to ask. Prints to standard error;
// keeps nothing.
#pragma once

#include <CLI/App.hpp>

namespace sluice::cli {

// Prints it and returns kUsage. `program`: the one that was parsed, with its subcommands.
int refuse_usage(const CLI::App& program, const CLI::ParseError& error);

}  // namespace sluice::cli
