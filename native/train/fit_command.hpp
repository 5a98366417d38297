// The command line of `sluice fit`, so that the program stays a table of commands.
#pragma once

#include <CLI/App.hpp>

#include <string>

#include "native/train/exits/exits_arguments.hpp"
#include "native/train/fit.hpp"
#include "native/train/splitnet/split_arguments.hpp"

namespace sluice::train {

// What the command line says; complete_fit_options() turns it into FitOptions.
struct FitArguments {
  FitOptions options;
  std::string input = "640x640 letterbox rgb";  // of the full model
  std::string filter_input = "160x120";
  std::string embedding = "grid";
  bool this_mixture = false;
  splitnet::Arguments split;
  exits::Arguments exits;
};

void add_fit_arguments(CLI::App& command, FitArguments& arguments);

// kInvalidArgument says what was wrong with a specification.
Result<FitOptions> complete_fit_options(const FitArguments& arguments);

// The same for `--split`, which makes a network in two halves and no gate.
Result<splitnet::Options> complete_split_options(const FitArguments& arguments);
// The same for `--exits`, which makes a classifier with early exits.
Result<exits::Options> complete_exits_options(const FitArguments& arguments);

}  // namespace sluice::train
