// `sluice simulate choice`: native/simulate/choice as a subcommand.
#pragma once

#include "native/cli/command.hpp"
#include "native/simulate/choice/choice_command.hpp"

namespace sluice::cli {

class SimulateChoiceCommand final : public Command {
 public:
  const char* name() const override { return "choice"; }
  const char* summary() const override {
    return "Skip, reuse, exit, split, send or run here: one choice among all, against each system alone";
  }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  simulate::ChoiceArguments arguments_;
};

}  // namespace sluice::cli
