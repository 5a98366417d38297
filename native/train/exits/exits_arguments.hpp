// The part of `sluice fit`'s command line that `--exits` brings: options of their own, in a group of the help.
#pragma once

#include <CLI/App.hpp>

#include "native/train/exits/options.hpp"

namespace sluice::train::exits {

// What the command line says; options whose values are names stand as numbers until they are completed.
struct Arguments {
  bool wanted = false;
  Options options;
  int backbone = static_cast<int>(BackboneForm::kVgg);
  int rule = static_cast<int>(sluice::exits::ExitRule::kMaxProbability);
  int promise = static_cast<int>(eval::ExitPromise::kEachExit);
};

// After splitnet::add_arguments(), whose --cut some of them go with.
void add_arguments(CLI::App& command, Arguments& arguments);

Options complete_options(const Arguments& arguments);

}  // namespace sluice::train::exits
