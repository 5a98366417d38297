// One log line for each request whose caller's trace is sampled (W3C Trace Context), so that a collector that reads the log finds the
// server's part of a trace: `trace_id` and `span_id` are the caller's. Plain function, for the I/O thread.
#pragma once

#include "server/dispatch/job.hpp"
#include "server/log_throttle.hpp"
#include "server/metrics/metrics.hpp"

namespace sluice::server {

// Precondition: the job has a trace.
void log_traced(LogThrottle& log, const Job& job, Outcome outcome, const JobResult& result);

}  // namespace sluice::server
