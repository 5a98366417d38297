// A gate that a test can wait for: every input is kept and has a minute, and a server that went is soon tried again.
#pragma once

#include <string>

#include "native/client/gate.hpp"

namespace sluice::test {

inline client::GateOptions patient_options(const std::string& server) {
  client::GateOptions options;
  options.server = server;
  options.pipeline.queue = pipeline::QueuePolicy::kKeepAll;
  options.pipeline.budget_ms = 60'000;
  options.pipeline.backoff_first_ms = 50;
  options.pipeline.backoff_max_ms = 400;
  return options;
}

}  // namespace sluice::test
