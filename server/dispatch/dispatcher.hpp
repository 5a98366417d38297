// Takes accepted requests from WebSocket and HTTP, and runs them: admission, turns, preparation, batches, ends. A bounded queue for
// all connections, fair between principals; a full one refuses at once with a time after which a retry makes sense. Workers prepare
// payloads (decode, preprocess) and run batches of a lane, as large as the lane's own measurements make worthwhile; a job whose
// deadline has passed, or cannot be met by the estimates, is not run; a run that nobody waits for any more is asked to stop. A job whose
// model is not in memory waits for its load beside the queue, but counts in it; where the load would come too late, or never, another
// server is asked (FurtherServer), and without one, or where that one can't either, it is refused at once;
// which form of the model runs is chosen when its turn comes (VariantChooser).
// Every admitted job ends in exactly one of: done() with its result, or abandon(); each is counted under one outcome.
// Owns its threads. models_changed() may be called from any thread, but not under a lock of the memory's. submit(), abandon(), run_if_quick(), ended() and deliver() belong to the I/O thread, the rest to any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "server/dispatch/further_server.hpp"
#include "server/dispatch/job.hpp"
#include "server/dispatch/variant_chooser.hpp"
#include "server/metrics/metrics.hpp"

namespace sluice::server {

struct DispatchOptions {
  std::uint32_t workers = 1;
  std::uint32_t max_queue = 64;          // jobs waiting, over all connections
  ChoiceOptions choice;                  // `workers` is taken from above
  std::uint32_t inline_compute_us = 50;  // a quick model that took longer lately goes to the workers
  // Told on the I/O thread how each job of a sampled trace ended, with its result as far as there is one; the dispatcher's lock may be
  // held, so it must not call back. May be empty.
  std::function<void(const Job&, Outcome, const JobResult&)> traced;
};

class Dispatcher {
 public:
  // `wake` is called from any thread when there is something for deliver() to do on the I/O thread. `metrics` outlives this.
  Dispatcher(const DispatchOptions& options, Metrics& metrics, std::function<void()> wake);
  ~Dispatcher();  // waits for running jobs; waiting ones are dropped
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Who is asked further on; before the first job, and outlives this. What it says comes to answered_further() and returned().
  void set_further(FurtherServer* further);

  struct Admission {
    bool accepted = false;
    std::uint32_t retry_after_ms = 0;  // when refused
    std::optional<Error> why;          // when refused, but for a full queue
  };
  Admission submit(const JobHandle& job);
  // Whether a job of this principal would be refused now.
  bool full_for(const Principal& principal) const;

  // How long a job like this one will take once it is submitted, with what waits before it, at a high percentile.
  Duration usual_time(const Job& job) const;

  // Nobody waits for it any more: it leaves the queue, or its result is dropped, or its run stopped where it was alone.
  void abandon(const JobHandle& job, ErrorCode reason);

  // Runs the job here and now when its model is quicker than handing it to another thread would be. The caller hands the result out
  // and says so with ended(). nullopt: submit() it.
  std::optional<JobResult> run_if_quick(Job& job);
  // Counts a job that was refused before submit(), under Outcome::kRejected.
  void refused(Job& job);
  // Counts a result that was handed out, or that nobody wanted.
  void ended(Job& job, const JobResult& result, bool wanted);

  // On the I/O thread: what another server answered, or that it can't. A job that is given back runs here where its model is in memory by now.
  void answered_further(const JobHandle& job, JobResult result);
  void returned(const JobHandle& job, const FurtherServer::Refusal& why);

  // Models came into memory, or could not: jobs that wait for them go on.
  void models_changed();

  // Hands out the results that are ready.
  void deliver();

  // Takes nothing more, ends what waits with kShuttingDown, stops what can be stopped, and waits for what runs, at most so long.
  // False when a model was still running then: its thread cannot be ended, and the destructor would wait for it.
  bool stop(Duration grace);

  std::size_t pending() const;
  std::uint32_t workers() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::server
