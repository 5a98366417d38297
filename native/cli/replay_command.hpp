// `sluice replay`: makes the decisions of a recorded run again and prints how each input ended.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"
#include "native/cli/command.hpp"

namespace sluice::cli {

class ReplayCommand final : public Command {
 public:
  const char* name() const override { return "replay"; }
  const char* summary() const override { return "Make the decisions of a recorded run again"; }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  Result<void> check_contents(const pipeline::Manifest& manifest, const std::string& recorded) const;

  std::string record_;
  std::string bundle_;
  bool other_contents_ = false;
};

}  // namespace sluice::cli
