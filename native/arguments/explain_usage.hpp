// What is wrong with a command line, in a sentence: the offending option, what it was given and what it takes, or the name that was
// probably meant. Keeps nothing, prints nothing.
#pragma once

#include <CLI/App.hpp>

#include <string>

namespace sluice::arguments {

// The subcommand that was reached, or the program.
const CLI::App& reached(const CLI::App& program);

// As it is typed: "sluice run".
std::string full_name(const CLI::App& command);

// `program`: the one that was parsed, with its subcommands.
std::string explain_usage(const CLI::App& program, const CLI::ParseError& error);

}  // namespace sluice::arguments
