// `sluice inspect`: what an ONNX model or a bundle holds, and whether Sluice runs it.
#pragma once

#include <string>

#include "native/cli/command.hpp"

namespace sluice::cli {

class InspectCommand final : public Command {
 public:
  const char* name() const override { return "inspect"; }
  const char* summary() const override { return "Say what an ONNX model or a bundle holds and whether it runs here"; }
  void declare(CLI::App& app) override;
  int run() override;

 private:
  int inspect_file();
  int inspect_bundle(const std::string& folder);

  std::string path_;
};

}  // namespace sluice::cli
