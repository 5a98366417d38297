// `sluice simulate selection`: native/simulate/selection as a subcommand.
#pragma once

#include "native/cli/command.hpp"
#include "native/simulate/selection/selection_command.hpp"

namespace sluice::cli {

class SimulateSelectionCommand final : public Command {
 public:
  const char* name() const override { return "selection"; }
  const char* summary() const override {
    return "Which model variant still answers in time: policies compared on networks and loads";
  }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  simulate::SelectionSimulation simulation_;
};

}  // namespace sluice::cli
