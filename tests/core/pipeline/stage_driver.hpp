// What the tests of routes by stages share: the options of their clients, and the log that a driver of stages writes.
#pragma once

#include <string>
#include <string_view>

#include "core/pipeline/client_options.hpp"
#include "core/pipeline/decision_log.hpp"

namespace sluice::pipeline::testing {

inline ClientOptions placed(ModelPlace place, float mean_cost = 0) {
  ClientOptions options;
  options.exits_mean_cost = mean_cost;
  options.place = place;
  options.queue = QueuePolicy::kKeepAll;
  options.budget_ms = 1000;
  return options;
}

inline constexpr std::uint64_t kStageCost = 100;  // multiply-adds that a stage is said to have taken

// The log of the client, to which the driver adds a stage's line before its result.
struct Lines final : DecisionSink {
  void line(std::string_view text) override { (log += text) += '\n'; }
  std::string log;
};

}  // namespace sluice::pipeline::testing
