// A trace replayed through the residency that the server runs (core/adapt/residency): events in the order of their
// times, no wall clock, the same result everywhere. Borrows trace and models for the call. One thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/adapt/residency/residency.hpp"
#include "native/simulate/residency/measured_models.hpp"
#include "native/simulate/residency/request_trace.hpp"

namespace sluice::simulate {

enum class Timing : std::uint8_t {
  kInstant,     // loads and runs cost what they cost but take no time of the trace: the requests alone decide
  kConcurrent,  // loads run beside each other up to their limit, runs at once
  kSerial,      // a host does one thing at a time, loads and runs in the order they came, as CremeBrulee's do
};

struct RunOptions {
  std::uint64_t budget_bytes = 0;  // of all hosts together, shared equally
  std::size_t hosts = 1;           // each a memory and, with kSerial, a queue
  Timing timing = Timing::kInstant;
  residency::ResidencyOptions residency;  // its budget is replaced
  std::uint64_t seed = 1;                 // of the choice of a host for a model that fits on none
};

struct RunResult {
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  // larger than a host's memory
  std::uint64_t hits = 0;     // found their model resident
  std::uint64_t loads = 0;
  std::uint64_t evictions = 0;
  double load_s = 0;      // of all loads
  double wait_p50_s = 0;  // between a request and the begin of its run, of those that were not refused
  double wait_p95_s = 0;
  double wait_p99_s = 0;

  double load_s_per_request() const { return requests == 0 ? 0 : load_s / static_cast<double>(requests); }
  double hit_rate() const { return requests == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(requests); }
};

using MakePolicy = std::function<Result<std::unique_ptr<residency::Policy>>()>;  // one for each host
using Progress = std::function<void(std::size_t done)>;                          // requests

// kInvalidArgument for options out of their range, or a trace of more models than `models`.
Result<RunResult> run_residency(const RequestTrace& trace, std::span<const SimulatedModel> models,
                                const RunOptions& options, const MakePolicy& make_policy, const Progress& progress);

}  // namespace sluice::simulate
