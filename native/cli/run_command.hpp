// `sluice run`: a video, pictures or a camera through a gate, with a summary at the end.
#pragma once

#include "native/cli/command.hpp"
#include "native/cli/run_options.hpp"

namespace sluice::cli {

class RunCommand final : public Command {
 public:
  const char* name() const override { return "run"; }
  const char* summary() const override {
    return "Send a video, pictures or a camera through a gate and sum up what was saved";
  }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  RunOptions options_;
  CLI::Option* server_ = nullptr;
  CLI::Option* in_time_ = nullptr;
};

}  // namespace sluice::cli
