// `sluice fit`: native/train as a subcommand.
#pragma once

#include "native/cli/command.hpp"
#include "native/train/fit_command.hpp"

namespace sluice::cli {

class FitCommand final : public Command {
 public:
  const char* name() const override { return "fit"; }
  const char* summary() const override {
    return "Train a SKIP filter for a model, a network in two halves (--split) or one with early exits (--exits)";
  }
  void declare(CLI::App& app) override { train::add_fit_arguments(app, arguments_); }
  int run() override;

 private:
  train::FitArguments arguments_;
};

}  // namespace sluice::cli
