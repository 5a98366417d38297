// The jobs of one form of one model version whose tensors are alike, so that they can run together, from the moment they are prepared; and what
// running them has cost. Plain data of the dispatcher, under its lock.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/dispatch/batch_estimate.hpp"
#include "server/dispatch/job.hpp"

namespace sluice::server {

struct Lane {
  std::weak_ptr<const ServedModel> served;  // a lane goes when its version does, not when its model leaves memory
  const ServedRunner* runner = nullptr;
  std::size_t form_index = 0;
  std::vector<std::int64_t> dims;  // of all inputs, one after the other; empty where the model takes no batches
  pipeline::BatchSpec batching;
  BatchEstimate run_time;
  ServiceEstimate decode_time;  // of a megapixel, or of a payload that is no picture

  std::vector<JobHandle> prepared;  // in the order of their turn
  std::uint32_t waiting = 0;        // jobs of this lane in the queue
  std::uint32_t preparing = 0;
  std::uint32_t wanted = 1;  // inputs of the batch that is being gathered
  Instant gathering_since{};
};

// One run that is going on.
struct RunningBatch {
  ModelInstance* instance = nullptr;  // while it runs
  std::uint32_t wanted = 0;           // jobs that nobody has abandoned
};

}  // namespace sluice::server
