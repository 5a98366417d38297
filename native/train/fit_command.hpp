// The command line of `sluice fit`, so that the program stays a table of commands.
#pragma once

#include <CLI/App.hpp>

#include <string>

#include "native/train/fit.hpp"

namespace sluice::train {

// What the command line says; complete_fit_options() turns it into FitOptions.
struct FitArguments {
  FitOptions options;
  std::string input = "640x640 letterbox rgb";  // of the full model
  std::string filter_input = "160x120";
  std::string embedding = "grid";
  bool this_mixture = false;
};

void add_fit_arguments(CLI::App& command, FitArguments& arguments);

// kInvalidArgument says what was wrong with a specification.
Result<FitOptions> complete_fit_options(const FitArguments& arguments);

}  // namespace sluice::train
