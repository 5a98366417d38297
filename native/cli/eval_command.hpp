// `sluice eval`: native/eval as a subcommand.
#pragma once

#include "native/cli/command.hpp"
#include "native/eval/eval_command.hpp"

namespace sluice::cli {

class EvalCommand final : public Command {
 public:
  const char* name() const override { return "eval"; }
  const char* summary() const override {
    return "Measure a bundle on footage that neither training nor calibration saw";
  }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  eval::EvalOptions options_;
};

}  // namespace sluice::cli
