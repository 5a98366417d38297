// Another server that may answer what this one can't in time: what the dispatcher knows of it. All of it belongs to the I/O thread. take()
// and withdraw() may answer or give back jobs, this one or others, before they return, and so are not called under the dispatcher's lock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/error.hpp"
#include "server/dispatch/job.hpp"

namespace sluice::server {

class FurtherServer {
 public:
  struct Refusal {
    Error why;
    std::uint32_t retry_after_ms = 0;
    bool final = false;  // the request can't be passed on, by whatever way and whenever
  };

  virtual ~FurtherServer() = default;
  // Takes the job over: it is answered or given back later, unless it is withdrawn. Or says why not, and nothing has happened.
  virtual std::optional<Refusal> take(const JobHandle& job) = 0;
  // Nobody waits for it any more. Nothing, where it isn't there.
  virtual void withdraw(const Job& job, ErrorCode reason) = 0;
  // Everything that was taken over and has not been answered or given back. Tells nobody of it.
  virtual std::vector<JobHandle> take_all() = 0;
};

}  // namespace sluice::server
