// `sluice simulate residency`: native/simulate/residency as a subcommand.
#pragma once

#include "native/cli/command.hpp"
#include "native/simulate/residency/residency_simulation.hpp"

namespace sluice::cli {

class SimulateResidencyCommand final : public Command {
 public:
  const char* name() const override { return "residency"; }
  const char* summary() const override {
    return "Which models stay in memory: policies compared on a trace of requests";
  }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  simulate::ResidencySimulation simulation_;
};

}  // namespace sluice::cli
