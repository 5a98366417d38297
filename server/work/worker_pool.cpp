#include "server/work/worker_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "server/clock.hpp"
#include "server/work/service_estimate.hpp"

namespace sluice::server {

namespace {

using Runners = std::vector<std::unique_ptr<RequestRunner>>;  // by model

Result<Runners> make_runners(const ModelStore& store, const PictureLimits& limits) {
  Runners runners;
  for (std::size_t i = 0; i < store.size(); ++i) {
    auto runner = RequestRunner::create(store[i], limits);
    if (!runner) return fail(runner.error());
    if (auto ok = (*runner)->warm_up(); !ok) {
      return fail(ok.error().code, "warming up '" + store[i].bundle.manifest.name + "': " + ok.error().message);
    }
    runners.push_back(std::move(*runner));
  }
  return runners;
}

std::string milliseconds(Duration duration) {
  const auto tenths = duration.count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

}  // namespace

struct WorkerPool::Impl {
  const ModelStore& store;
  WorkerOptions options;
  Metrics& metrics;

  // Tensors and payloads to decode cost differently, so each model has two estimates.
  struct Estimates {
    ServiceEstimate tensors;
    ServiceEstimate payloads;
  };
  std::vector<std::unique_ptr<Estimates>> estimates;
  Runners here;  // for run_if_quick; nullptr where the model is not quick
  std::vector<Runners> worker_runners;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<WorkHandle> queue;
  bool stopping = false;
  std::uint32_t working = 0;  // threads that have not ended
  std::condition_variable ended;
  std::vector<std::thread> threads;

  Impl(const ModelStore& model_store, const WorkerOptions& worker_options, Metrics& server_metrics)
      : store(model_store), options(worker_options), metrics(server_metrics) {}

  ServiceEstimate& estimate(const WorkItem& item) {
    auto& both = *estimates[item.model];
    return item.request.encoding == wire::Encoding::kTensor ? both.tensors : both.payloads;
  }

  std::uint32_t retry_after_ms(const WorkItem& item) {
    const auto each = std::max<Duration>(estimate(item).median(), std::chrono::milliseconds(1));
    const auto wait = each * static_cast<std::int64_t>(queue.size() + 1) / static_cast<std::int64_t>(options.workers);
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
  }

  std::optional<Error> out_of_time(const WorkItem& item, Instant time, Duration expected) const {
    if (item.deadline == kNever || time + expected <= item.deadline) return std::nullopt;
    std::string message = "waited " + milliseconds(time - item.admitted);
    message += time > item.deadline ? "; the budget is used up"
                                    : "; " + milliseconds(item.deadline - time) + " are left, the model takes up to " +
                                          milliseconds(expected);
    return Error{ErrorCode::kDeadlineExpired, std::move(message)};
  }

  // What happens to the request alone; the caller keeps exceptions from passing.
  Result<Outputs> attempt(WorkItem& item, RequestRunner& runner, wire::ServerCost& cost, Instant start) {
    if (item.prepare) {
      auto ok = item.prepare(item);
      cost.decode = now() - start;
      if (!ok) return fail(ok.error());
    }
    const auto time = item.prepare ? now() : start;
    if (auto late = out_of_time(item, time, estimate(item).high(time))) return fail(*late);
    const auto prepared = cost.decode;
    auto outputs = runner.run(item.request, item.form, cost);
    cost.decode += prepared;
    return outputs;
  }

  WorkResult run(WorkItem& item, RequestRunner& runner) {
    const auto start = now();
    WorkResult result;
    result.cost.queue = start - item.admitted;
    try {
      result.outputs = attempt(item, runner, result.cost, start);
    } catch (const std::exception& error) {  // out of memory, in practice; the request fails, the worker goes on
      result.outputs = fail(ErrorCode::kOutOfMemory, std::string("the request could not be run: ") + error.what());
    }
    if (result.outputs) {
      const auto end = now();
      estimate(item).record(end - start, end);
      store[item.model].metrics->took(result.cost.queue, result.cost.decode, result.cost.compute, end - item.admitted);
    }
    return result;
  }

  void work(Runners& runners) {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stopping || !queue.empty(); });
      if (queue.empty()) {
        --working;
        ended.notify_all();
        return;
      }
      WorkHandle item = std::move(queue.front());
      queue.pop_front();
      metrics.set_pending(queue.size());
      const bool give_up = stopping;
      lock.unlock();
      WorkResult result;
      if (give_up) {
        result.outputs = fail(ErrorCode::kShuttingDown, "the server stopped before the request was run");
      } else {
        result = run(*item, *runners[item->model]);
      }
      item->done(std::move(result));
      item.reset();  // frees the message outside the lock
      lock.lock();
    }
  }
};

WorkerPool::WorkerPool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WorkerPool::~WorkerPool() {
  stop(Duration::zero());
  for (auto& thread : impl_->threads) thread.join();
}

bool WorkerPool::stop(Duration grace) {
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  impl_->wake.notify_all();
  return impl_->ended.wait_for(lock, grace, [&] { return impl_->working == 0; });
}

Result<std::unique_ptr<WorkerPool>> WorkerPool::start(const ModelStore& store, const WorkerOptions& options,
                                                      Metrics& metrics) {
  auto impl = std::make_unique<Impl>(store, options, metrics);
  auto& workers = impl->options.workers;
  if (workers == 0) workers = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < store.size(); ++i) impl->estimates.push_back(std::make_unique<Impl::Estimates>());
  for (std::uint32_t i = 0; i < workers; ++i) {
    auto runners = make_runners(store, options.pictures);
    if (!runners) return fail(runners.error());
    impl->worker_runners.push_back(std::move(*runners));
  }
  impl->here.resize(store.size());
  const Duration limit{options.inline_compute_us};
  for (std::size_t i = 0; i < store.size() && options.inline_compute_us > 0; ++i) {
    // The warm model, a few times: the slowest of them decides.
    Duration slowest{0};
    for (int run = 0; run < 5 && slowest <= limit; ++run) {
      const auto start = now();
      if (auto ok = impl->worker_runners[0][i]->warm_up(); !ok) return fail(ok.error());
      slowest = std::max(slowest, now() - start);
    }
    if (slowest > limit) continue;
    auto runner = RequestRunner::create(store[i], options.pictures);
    if (!runner) return fail(runner.error());
    impl->here[i] = std::move(*runner);
  }
  impl->working = workers;
  for (auto& runners : impl->worker_runners) {
    impl->threads.emplace_back([raw = impl.get(), &runners] { raw->work(runners); });
  }
  return std::unique_ptr<WorkerPool>(new WorkerPool(std::move(impl)));
}

WorkerPool::Admission WorkerPool::submit(WorkHandle item) {
  item->admitted = now();
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping || impl_->queue.size() >= impl_->options.max_queue) {
      return {false, impl_->retry_after_ms(*item)};
    }
    impl_->queue.push_back(std::move(item));
    impl_->metrics.set_pending(impl_->queue.size());
  }
  impl_->wake.notify_one();
  return {true, 0};
}

bool WorkerPool::cancel(const WorkHandle& item) {
  const std::lock_guard lock(impl_->mutex);
  const auto found = std::find(impl_->queue.begin(), impl_->queue.end(), item);
  if (found == impl_->queue.end()) return false;
  impl_->queue.erase(found);
  impl_->metrics.set_pending(impl_->queue.size());
  return true;
}

std::optional<WorkResult> WorkerPool::run_if_quick(WorkItem& item) {
  auto* runner = impl_->here[item.model].get();
  if (runner == nullptr || item.request.encoding != wire::Encoding::kTensor) return std::nullopt;
  item.admitted = now();
  // A model that was quick once may be slow today: then it goes to the workers until the estimate is forgotten.
  if (impl_->estimate(item).high(item.admitted) > Duration{impl_->options.inline_compute_us}) return std::nullopt;
  return impl_->run(item, *runner);
}

std::size_t WorkerPool::pending() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->queue.size();
}

bool WorkerPool::full() const { return pending() >= impl_->options.max_queue; }

std::uint32_t WorkerPool::workers() const { return impl_->options.workers; }

}  // namespace sluice::server
