// Threads that run requests, fed by one bounded queue for all connections. A full queue refuses at once with a time after
// which a retry makes sense; a request whose deadline has passed, or cannot be met by the estimate, is dropped when it is
// taken from the queue. Owns its threads; every function may be called from any thread except the destructor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "server/metrics/metrics.hpp"
#include "server/store/model_store.hpp"
#include "server/work/request_runner.hpp"

namespace sluice::server {

struct WorkerOptions {
  std::uint32_t workers = 0;             // 0: one for each core
  std::uint32_t max_queue = 64;          // requests waiting, over all connections
  std::uint32_t inline_compute_us = 50;  // models that never took longer run on the calling thread; 0: none
  PictureLimits pictures;
};

struct WorkResult {
  Result<Outputs> outputs;
  pipeline::AnswerKind how = pipeline::AnswerKind::kRemote;
  wire::ServerCost cost;
};

struct WorkItem {
  std::size_t model = 0;  // index in the store
  wire::Request request;  // its views borrow `bytes`
  std::shared_ptr<const std::string> bytes;
  OutputForm form = OutputForm::kDecoded;
  Instant deadline = kNever;
  // Called first, on the worker thread: fills `request` where parsing it is too much work for the I/O thread.
  std::function<Result<void>(WorkItem&)> prepare;
  // Called once, on a worker thread, unless cancel() took the item back. Must not throw.
  std::function<void(WorkResult)> done;
  Instant admitted{};  // set by the pool
};
using WorkHandle = std::shared_ptr<WorkItem>;

class WorkerPool {
 public:
  // Makes the runners and warms them up. `store` and `metrics` must outlive the pool.
  static Result<std::unique_ptr<WorkerPool>> start(const ModelStore& store, const WorkerOptions& options,
                                                   Metrics& metrics);
  ~WorkerPool();  // waits for running requests; queued ones end with kShuttingDown
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  struct Admission {
    bool accepted = false;
    std::uint32_t retry_after_ms = 0;  // when refused
  };
  Admission submit(WorkHandle item);

  // Takes a waiting item back; false when it is running or done, in which case `done` is or was called.
  bool cancel(const WorkHandle& item);

  // Runs the request here and now when the model is quicker than handing it to another thread would be, and nobody
  // waits. For the one thread that does I/O; nullopt: submit() it.
  std::optional<WorkResult> run_if_quick(WorkItem& item);

  // Takes nothing more, ends what waits with kShuttingDown, and waits for what runs, at most so long. False when a model was still
  // running then: its thread cannot be stopped, and the destructor would wait for it.
  bool stop(Duration grace);

  std::size_t pending() const;
  bool full() const;
  std::uint32_t workers() const;

 private:
  struct Impl;
  explicit WorkerPool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::server
