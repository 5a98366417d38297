// `sluice fit` for those who type it: hands its arguments to the program sluice-fit beside this one, which holds the trainer and
// LibTorch. Builds without LibTorch have no such program; the error then says how to get it.
#pragma once

#include "native/cli/command.hpp"

namespace sluice::cli {

class FitProgram final : public Command {
 public:
  const char* name() const override { return "fit"; }
  const char* summary() const override {
    return "Train a SKIP filter for a model, a network in two halves (--split) or one with early exits (--exits)";
  }
  void declare(CLI::App& app) override;
  int run() override;  // returns only when there is no such program

 private:
  CLI::App* app_ = nullptr;
};

}  // namespace sluice::cli
