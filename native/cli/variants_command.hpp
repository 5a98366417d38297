// `sluice variants`: native/eval/variants as a subcommand.
#pragma once

#include "native/cli/command.hpp"
#include "native/eval/variants/variants_command.hpp"

namespace sluice::cli {

class VariantsCommand final : public Command {
 public:
  const char* name() const override { return "variants"; }
  const char* summary() const override {
    return "Add smaller forms of a bundle's model, and measure how often they agree";
  }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  eval::VariantsOptions options_;
};

}  // namespace sluice::cli
