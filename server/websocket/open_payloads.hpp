// Requests of one connection whose payloads have not come whole: what came is gathered in their jobs, counted among the bytes that the
// server holds, until the last part is there, or so little of the budget is left that the job has to go with what it has.
// Owns the jobs until they are taken. Of the connection's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"
#include "server/dispatch/dispatcher.hpp"

namespace sluice::server {

class OpenPayloads {
 public:
  struct Open {
    std::uint64_t id = 0;
    JobHandle job;
    Instant leaves;
  };

  void add(std::uint64_t id, JobHandle job, Instant leaves);
  // False where the server may not hold so many bytes; nothing has changed then. Precondition: it is open.
  bool append(std::uint64_t id, Bytes part);
  // It is not open any more; nullptr where it was not.
  JobHandle take(std::uint64_t id);
  // One that leaves now, until there is none.
  std::optional<Open> take_due(Instant now);
  Instant next_deadline() const;

 private:
  std::vector<Open>::iterator find(std::uint64_t id);

  std::vector<Open> open_;  // at most as many as a connection may have in flight
};

}  // namespace sluice::server
