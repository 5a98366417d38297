// The part of `sluice fit`'s command line that `--split` brings: options of their own, in a group of the help.
#pragma once

#include <CLI/App.hpp>

#include <string>

#include "core/base/result.hpp"
#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

// What the command line says; options whose values are names stand as numbers until they are completed.
struct Arguments {
  bool wanted = false;
  Options options;
  int extractor = static_cast<int>(ExtractorForm::kStrided);
  int quantiser = static_cast<int>(QuantiserForm::kRounding);
  int local = static_cast<int>(LocalForm::kConvolutions);
  int choice = static_cast<int>(ChannelChoice::kImportance);
  int arithmetic = static_cast<int>(fastest_arithmetic());
};

void add_arguments(CLI::App& command, Arguments& arguments);

Options complete_options(const Arguments& arguments);

}  // namespace sluice::train::splitnet
