// How a client's live promise stands: what is known of it, where its thresholds are, and what audits have cost. Plain data.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/pipeline/answer.hpp"
#include "core/promise/live_promise.hpp"

namespace sluice::pipeline {

// Something that answers without the full model.
struct PromisePlace {
  std::string_view name;  // of a question, or "exits", "halves"; lives as long as the client
  float threshold = 0;  // its answers have scores below; of a question in its own unit, else the error expected, [0, 1]
};

struct PromiseStanding {
  promise::PromiseReport report;
  std::array<PromisePlace, promise::kMostQuestions> places{};
  std::size_t place_count = 0;
  Cost audits;  // of all audits that ended; they come on top of their answers' own
};

}  // namespace sluice::pipeline
