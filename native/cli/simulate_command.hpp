// `sluice simulate`: decisions of the core, replayed over recorded loads without a model or a network. Each simulation
// is a command of its own below it: a file with a class, and a row in simulations.cpp.
#pragma once

#include <memory>
#include <vector>

#include "native/cli/command.hpp"

namespace sluice::cli {

// All of them, in the order of the help.
std::vector<std::unique_ptr<Command>> make_simulations();

class SimulateCommand final : public Command {
 public:
  SimulateCommand() : simulations_(make_simulations()) {}

  const char* name() const override { return "simulate"; }
  const char* summary() const override {
    return "Replay recorded loads through the decisions of the server and the client";
  }
  void declare(CLI::App& app) override;
  int run() override { return chosen_->run(); }

 private:
  std::vector<std::unique_ptr<Command>> simulations_;
  Command* chosen_ = nullptr;  // set by the command line; one is required
};

}  // namespace sluice::cli
