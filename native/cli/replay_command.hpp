// `sluice replay`: makes the decisions of a recorded run again and prints how each input ended.
#pragma once

#include <string>

#include "native/cli/command.hpp"

namespace sluice::cli {

class ReplayCommand final : public Command {
 public:
  const char* name() const override { return "replay"; }
  const char* summary() const override { return "Make the decisions of a recorded run again"; }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  std::string record_;
  std::string bundle_;
};

}  // namespace sluice::cli
