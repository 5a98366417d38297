// `sluice simulate placement`: native/simulate/placement as a subcommand.
#pragma once

#include "native/cli/command.hpp"
#include "native/simulate/placement/placement_command.hpp"

namespace sluice::cli {

class SimulatePlacementCommand final : public Command {
 public:
  const char* name() const override { return "placement"; }
  const char* summary() const override {
    return "Shrink photos before sending or after: policies compared on real photos and networks";
  }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  simulate::PlacementSimulation simulation_;
};

}  // namespace sluice::cli
