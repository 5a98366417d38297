#include "server/trace_line.hpp"

#include "server/clock.hpp"

namespace sluice::server {
namespace {

std::string microseconds(Duration time) { return std::to_string(time.count()); }

}  // namespace

void log_traced(LogThrottle& log, const Job& job, Outcome outcome, const JobResult& result) {
  const bool answered = outcome == Outcome::kOk;
  log.line("request_ended", "A traced request ended",
           {{"trace_id", job.trace->trace_id},
            {"span_id", job.trace->parent_id},
            {"bundle", job.served->name},
            {"version", job.served->version},
            {"outcome", std::string(kOutcomeNames[static_cast<std::size_t>(outcome)])},
            {"how", answered ? std::string(pipeline::kind_name(result.how)) : ""},
            {"hops", std::to_string(result.hops)},
            {"queue_us", microseconds(result.cost.queue)},
            {"decode_us", microseconds(result.cost.decode)},
            {"compute_us", microseconds(result.cost.compute)}},
           now());
}

}  // namespace sluice::server
