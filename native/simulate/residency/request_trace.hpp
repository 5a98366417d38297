// Requests to many models over time, as a simulation replays them. Plain values; models are numbered from 0.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/time.hpp"

namespace sluice::simulate {

struct TracedRequest {
  Instant at{};  // never earlier than the one before
  std::uint32_t model = 0;
};

struct RequestTrace {
  std::size_t models = 0;
  std::vector<TracedRequest> requests;
};

}  // namespace sluice::simulate
