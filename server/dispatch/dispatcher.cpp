#include "server/dispatch/dispatcher.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "server/clock.hpp"
#include "server/dispatch/fair_queue.hpp"
#include "server/dispatch/lane.hpp"

namespace sluice::server {

namespace {

// A client that invents shapes gets no lane for each: above so many, jobs of a version share one and run alone.
constexpr std::size_t kMaxLanesOfModel = 16;
constexpr Duration kUnknownCost = std::chrono::milliseconds(1);  // what a job is charged before anything was measured
constexpr double kMegapixel = 1'000'000;

std::string milliseconds(Duration duration) {
  const auto tenths = duration.count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

// Megapixels of a picture, and 1 for what is none.
double payload_size(std::uint64_t pixels) { return pixels == 0 ? 1 : static_cast<double>(pixels) / kMegapixel; }

Duration scaled(Duration each, double size) {
  return Duration{static_cast<Duration::rep>(static_cast<double>(each.count()) * size)};
}

}  // namespace

struct Dispatcher::Impl {
  // What a worker does next: prepare one job, or run some together. Neither: wait.
  struct Task {
    JobHandle prepare;
    Lane* lane = nullptr;
    std::vector<JobHandle> run;
    BatchLeft left = BatchLeft::kAlone;
    Instant wait_until = kNever;
  };

  const DispatchOptions options;
  Metrics& metrics;
  const std::function<void()> wake_io;

  mutable std::mutex mutex;
  std::condition_variable wake;
  FairQueue queue;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::vector<Lane*> gathering;  // lanes with prepared jobs
  std::vector<RunningBatch*> running;
  std::vector<JobHandle> finished;
  std::vector<JobHandle> delivering;  // the I/O thread's
  bool stopping = false;
  std::uint32_t working = 0;  // threads that have not ended
  std::condition_variable ended;
  std::vector<std::thread> threads;

  Impl(const DispatchOptions& dispatch_options, Metrics& server_metrics, std::function<void()> wake_up)
      : options(dispatch_options), metrics(server_metrics), wake_io(std::move(wake_up)) {}

  // --- lanes

  // What tells lanes apart: the shapes of all inputs, as far as they are known; nothing for models that run one input at a time.
  static std::vector<std::int64_t> dims_of(const Job& job) {
    std::vector<std::int64_t> dims;
    if (job.model->manifest().batching.max_batch == 1) return dims;
    const auto add = [&](const Shape& shape) { dims.insert(dims.end(), shape.dims().begin(), shape.dims().end()); };
    if (job.request.encoding != wire::Encoding::kTensor || job.parse) {
      add(job.model->tensor_shape());
    } else {
      for (const auto& tensor : job.request.tensors) add(tensor.tensor.shape);
    }
    return dims;
  }

  // Tensors that a client made of several inputs run as they are.
  static bool brings_several(const Job& job) {
    const std::size_t axis = job.model->manifest().batching.axis;
    return std::any_of(job.request.tensors.begin(), job.request.tensors.end(), [&](const auto& one) {
      const auto& shape = one.tensor.shape;
      return axis >= shape.rank() || shape[axis] != 1;
    });
  }

  Lane& lane_of(const Job& job) {
    auto dims = dims_of(job);
    std::size_t of_model = 0;
    for (const auto& lane : lanes) {
      if (lane->model.lock() != job.model) continue;
      if (lane->dims == dims) return *lane;
      if (++of_model == kMaxLanesOfModel) return *lane;
    }
    std::erase_if(lanes, [](const auto& lane) {
      return lane->model.expired() && lane->waiting == 0 && lane->preparing == 0 && lane->prepared.empty();
    });
    auto lane = std::make_unique<Lane>();
    lane->model = job.model;
    lane->dims = std::move(dims);
    lane->batching = job.model->manifest().batching;
    if (of_model + 1 == kMaxLanesOfModel || brings_several(job)) lane->batching.max_batch = 1;
    lanes.push_back(std::move(lane));
    return *lanes.back();
  }

  void add_prepared(Lane& lane, JobHandle job, Instant time) {
    job->state = Job::State::kPrepared;
    job->lane = &lane;
    if (lane.prepared.empty()) {
      gathering.push_back(&lane);
      lane.gathering_since = time;
      want_batch(lane, 1);
    }
    lane.prepared.push_back(std::move(job));
  }

  // How many inputs the batch to come should have, with so many prepared.
  void want_batch(Lane& lane, std::size_t prepared) {
    const bool more_may_come = lane.batching.max_delay_us > 0;
    const auto known = static_cast<std::uint32_t>(prepared) + lane.waiting + lane.preparing;
    lane.wanted = lane.run_time.choose(more_may_come ? lane.batching.max_batch : known, lane.batching.max_batch);
  }

  void stop_gathering(Lane& lane) { std::erase(gathering, &lane); }

  static Instant earliest_deadline(const Lane& lane) {
    Instant earliest = kNever;
    for (const auto& job : lane.prepared) earliest = std::min(earliest, job->deadline);
    return earliest;
  }

  // Whether the lane's batch leaves now; if not, `wait_until` is moved to when it does.
  bool is_due(const Lane& lane, Instant time, Instant& wait_until) const {
    if (lane.prepared.size() >= lane.wanted || stopping) return true;
    Duration patience{lane.batching.max_delay_us};
    if (lane.waiting + lane.preparing > 0) patience = std::max(patience, lane.run_time.median_each());
    Instant leaves = lane.gathering_since + patience;
    const Instant deadline = earliest_deadline(lane);
    if (deadline != kNever) {
      const auto inputs = static_cast<std::uint32_t>(lane.prepared.size());
      leaves = std::min(leaves, deadline - 2 * lane.run_time.high(inputs, time));
    }
    if (time >= leaves) return true;
    wait_until = std::min(wait_until, leaves);
    return false;
  }

  // --- what to do next

  std::optional<Error> out_of_time(const Job& job, Instant time, Duration expected) const {
    if (job.deadline == kNever || time + expected <= job.deadline) return std::nullopt;
    std::string message = "waited " + milliseconds(time - job.admitted);
    message += time > job.deadline ? "; the budget is used up"
                                   : "; " + milliseconds(job.deadline - time) + " are left, the model takes up to " +
                                         milliseconds(expected);
    return Error{ErrorCode::kDeadlineExpired, std::move(message)};
  }

  Task next(Instant time) {
    for (;;) {
      Task task;
      Lane* due = nullptr;
      for (Lane* lane : gathering) {
        if (!is_due(*lane, time, task.wait_until)) continue;
        if (due == nullptr || earliest_deadline(*lane) < earliest_deadline(*due)) due = lane;
      }
      if (due != nullptr) {
        take_batch(*due, time, task);
        if (!task.run.empty()) return task;
        continue;
      }
      JobHandle job;
      if (!gathering.empty()) {  // what makes a batch whole comes first
        job = queue.pop([&](const Job& one) { return one.lane != nullptr && !one.lane->prepared.empty(); });
      }
      if (job == nullptr) job = queue.pop();
      if (job == nullptr) return task;
      left_queue(*job);
      job->result.cost.queue = time - job->admitted;
      if (auto late = out_of_time(*job, time, job->lane->run_time.high(1, time))) {
        end_with(std::move(job), fail(*late));
        continue;
      }
      if (job->needs_preparation()) {
        job->state = Job::State::kPreparing;
        ++job->lane->preparing;
        task.prepare = std::move(job);
        return task;
      }
      Lane& lane = *job->lane;
      add_prepared(lane, std::move(job), time);
    }
  }

  void left_queue(Job& job) {
    --job.lane->waiting;
    metrics.set_pending(queue.size());
  }

  // The batch of a lane: as many as are wanted, fewer where a larger batch would make one of them late, without those that are late
  // already.
  void take_batch(Lane& lane, Instant time, Task& task) {
    auto& prepared = lane.prepared;
    for (std::size_t i = 0; i < prepared.size();) {
      if (auto late = out_of_time(*prepared[i], time, lane.run_time.high(1, time))) {
        end_with(std::move(prepared[i]), fail(*late));
        prepared.erase(prepared.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
    auto count = static_cast<std::uint32_t>(std::min<std::size_t>(prepared.size(), lane.wanted));
    task.left = count == lane.batching.max_batch ? BatchLeft::kFull
                : count == lane.wanted           ? BatchLeft::kBest
                : lane.batching.max_delay_us > 0 ? BatchLeft::kDelay
                                                 : BatchLeft::kAlone;
    const auto makes_late = [&](std::uint32_t inputs) {
      return std::any_of(prepared.begin(), prepared.begin() + inputs, [&](const JobHandle& job) {
        return out_of_time(*job, time, lane.run_time.high(inputs, time)).has_value();
      });
    };
    while (count > 1 && makes_late(count)) {
      count /= 2;
      task.left = BatchLeft::kDeadline;
    }
    task.lane = &lane;
    const auto end = prepared.begin() + static_cast<std::ptrdiff_t>(count);
    task.run.assign(std::make_move_iterator(prepared.begin()), std::make_move_iterator(end));
    prepared.erase(prepared.begin(), end);
    for (const auto& job : task.run) job->state = Job::State::kRunning;
    if (prepared.empty()) return stop_gathering(lane);
    lane.gathering_since = time;
    want_batch(lane, prepared.size());
    wake.notify_one();  // another worker may take the rest
  }

  // --- ends

  // Under the lock. The I/O thread hears of it when the caller lets go.
  void end(JobHandle job) {
    job->state = Job::State::kEnded;
    job->batch = nullptr;
    if (job->input != nullptr) job->model->give(std::move(job->input));
    if (finished.empty()) wake_io();
    finished.push_back(std::move(job));
  }

  void end_with(JobHandle job, Failure failure) {
    job->result.outputs = std::move(failure);
    end(std::move(job));
  }

  static Failure stopped() { return fail(ErrorCode::kShuttingDown, "the server stopped before the request was run"); }

  // --- the workers

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      Task task = next(now());
      if (task.prepare != nullptr) {
        prepare(std::move(task.prepare), lock);
      } else if (!task.run.empty()) {
        run(task, lock);
      } else if (stopping) {
        break;
      } else if (task.wait_until == kNever) {
        wake.wait(lock);
      } else {
        wake.wait_until(lock, to_steady(task.wait_until));
      }
    }
    --working;
    ended.notify_all();
  }

  // What happens to the job alone; memory that is not to be had fails it, and the worker goes on.
  template <typename Step>
  static Result<void> guarded(Step step) {
    try {
      return step();
    } catch (const std::exception& error) {
      return fail(ErrorCode::kOutOfMemory, {"the request could not be run: ", error.what()});
    }
  }

  void prepare(JobHandle job, std::unique_lock<std::mutex>& lock) {
    Lane& guessed = *job->lane;
    const Duration each = guessed.decode_time.high(now());
    lock.unlock();
    const auto start = now();
    double size = 1;
    auto ok = guarded([&] { return prepare_alone(*job, each, size); });
    const auto took = now() - start;
    job->result.cost.decode = took;
    if (!ok) {
      job->result.outputs = fail(ok.error());
      finish_alone(*job);
    }
    lock.lock();
    --guessed.preparing;
    if (job->request.encoding != wire::Encoding::kTensor && ok) {
      guessed.decode_time.record(scaled(took, 1 / size), start + took);
    }
    queue.correct(*job->principal, took);
    if (job->abandoned || !ok) return end(std::move(job));
    if (stopping) return end_with(std::move(job), stopped());
    Lane& lane = lane_of(*job);
    add_prepared(lane, std::move(job), now());
  }

  Result<void> prepare_alone(Job& job, Duration decode_each, double& size) const {
    if (job.parse) {
      auto ok = job.parse(job);
      job.parse = nullptr;
      return ok;
    }
    auto preparer = job.model->take_preparer();
    if (!preparer) return fail(preparer.error());
    size = payload_size((*preparer)->pixels(job.request));
    const auto time = now();
    if (auto late = out_of_time(job, time, scaled(decode_each, size))) return fail(*late);
    job.input = job.model->take_input();
    auto ok = (*preparer)->prepare(job.request, *job.input);
    job.model->give(std::move(*preparer));
    return ok;
  }

  static void finish_alone(Job& job) {
    if (!job.finish) return;
    if (auto ok = guarded([&]() -> Result<void> {
          job.finish(job, job.result);
          return {};
        });
        !ok) {
      job.result.outputs = fail(ok.error());
    }
  }

  void run(Task& task, std::unique_lock<std::mutex>& lock) {
    RunningBatch batch;
    for (const auto& job : task.run) {
      job->batch = &batch;
      if (!job->abandoned) ++batch.wanted;
    }
    const ModelLease model = task.run.front()->model;
    lock.unlock();
    // Bad inputs fail alone.
    std::vector<JobHandle> good;
    std::vector<JobHandle> bad;
    for (const auto& job : task.run) {
      auto ok = guarded([&] { return ready_input(*job); });
      if (!ok) job->result.outputs = fail(ok.error());
      (ok ? good : bad).push_back(job);
    }
    const auto start = now();
    auto instance = model->take_instance();
    Result<void> ran = instance ? Result<void>() : fail(instance.error());
    if (ran && !good.empty()) {
      lock.lock();
      const bool wanted = batch.wanted > 0 && !stopping;
      if (wanted) {
        batch.instance = instance->get();
        running.push_back(&batch);
      }
      lock.unlock();
      ran = wanted ? run_batch(**instance, good) : stopped();
      lock.lock();
      batch.instance = nullptr;
      std::erase(running, &batch);
      lock.unlock();
      (*instance)->allow_runs();
    }
    const auto took = now() - start;
    if (!ran) {
      for (const auto& job : good) job->result.outputs = fail(ran.error());
    }
    for (const auto& job : bad) finish_alone(*job);
    if (instance) model->give(std::move(*instance));

    lock.lock();
    const auto time = now();
    const auto inputs = static_cast<std::uint32_t>(good.size());
    if (ran && inputs > 0) {
      task.lane->run_time.record(inputs, took, time);
      if (model->manifest().batching.max_batch > 1) model->metrics().batch(task.left, inputs);
    }
    for (auto& job : task.run) {
      job->result.cost.compute = took;
      queue.correct(*job->principal, took / static_cast<std::int64_t>(task.run.size()) - job->expected);
      if (job->result.outputs) {
        const auto& cost = job->result.cost;
        model->metrics().took(cost.queue, cost.decode, cost.compute, time - job->admitted);
      }
      end(std::move(job));
    }
  }

  Result<void> ready_input(Job& job) const {
    if (job.input != nullptr) return {};
    job.input = job.model->take_input();
    return take_tensors(job.request, job.model->model().inputs(), job.model->manifest().model.input, *job.input);
  }

  // Runs the batch and takes it apart. Where the whole fails, each is run alone, so that one input cannot fail the others.
  static Result<void> run_batch(ModelInstance& instance, std::span<const JobHandle> jobs) {
    std::vector<const PreparedInput*> inputs;
    for (const auto& job : jobs) inputs.push_back(job->input.get());
    auto ok = guarded([&] { return instance.run(inputs); });
    if (!ok && jobs.size() > 1) {
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (auto alone = run_batch(instance, jobs.subspan(i, 1)); !alone) jobs[i]->result.outputs = fail(alone.error());
      }
      return {};
    }
    if (!ok) return ok;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      Job& job = *jobs[i];
      auto taken = guarded([&]() -> Result<void> {
        job.result.outputs = instance.outputs(i, job.form);
        return {};
      });
      if (!taken) job.result.outputs = fail(taken.error());
      finish_alone(job);
    }
    return {};
  }
};

Dispatcher::Dispatcher(const DispatchOptions& options, Metrics& metrics, std::function<void()> wake)
    : impl_(std::make_unique<Impl>(options, metrics, std::move(wake))) {
  impl_->working = options.workers;
  for (std::uint32_t i = 0; i < options.workers; ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
  }
}

Dispatcher::~Dispatcher() {
  stop(Duration::zero());
  for (auto& thread : impl_->threads) thread.join();
}

bool Dispatcher::stop(Duration grace) {
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  while (auto job = impl_->queue.pop()) {
    impl_->left_queue(*job);
    impl_->end_with(std::move(job), Impl::stopped());
  }
  for (auto* lane : std::exchange(impl_->gathering, {})) {
    for (auto& job : std::exchange(lane->prepared, {})) impl_->end_with(std::move(job), Impl::stopped());
  }
  for (auto* batch : impl_->running) batch->instance->request_stop();
  impl_->wake.notify_all();
  return impl_->ended.wait_for(lock, grace, [&] { return impl_->working == 0; });
}

Dispatcher::Admission Dispatcher::submit(const JobHandle& job) {
  job->admitted = now();
  const std::lock_guard lock(impl_->mutex);
  Lane& lane = impl_->lane_of(*job);
  const Duration each = lane.run_time.median_each();
  job->expected = each > Duration::zero() ? each : kUnknownCost;
  const auto retry_after_ms = [&] {
    const auto wait = std::max<Duration>(job->expected, kUnknownCost) *
                      static_cast<std::int64_t>(impl_->queue.size() + 1) /
                      static_cast<std::int64_t>(impl_->options.workers);
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
  };
  auto refused = impl_->stopping;
  if (!refused && impl_->queue.size() >= impl_->options.max_queue) {
    auto evicted = impl_->queue.evict_for(*job->principal);
    refused = evicted == nullptr;
    if (evicted != nullptr) {
      impl_->left_queue(*evicted);
      evicted->result.retry_after_ms = retry_after_ms();
      impl_->end_with(std::move(evicted),
                      fail(ErrorCode::kOverloaded, {"the queue of ", impl_->options.max_queue,
                                                    " requests is full, and others have fewer in it"}));
    }
  }
  if (refused) {
    job->counted = true;
    job->model->metrics().ended(Outcome::kRejected);
    return {false, retry_after_ms()};
  }
  job->lane = &lane;
  ++lane.waiting;
  impl_->queue.push(job);
  impl_->metrics.set_pending(impl_->queue.size());
  impl_->wake.notify_one();
  return {true, 0};
}

bool Dispatcher::full_for(const Principal& principal) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->queue.size() >= impl_->options.max_queue && !impl_->queue.can_evict_for(principal);
}

void Dispatcher::abandon(const JobHandle& job, ErrorCode reason) {
  const std::lock_guard lock(impl_->mutex);
  if (std::exchange(job->abandoned, true)) return;
  if (!std::exchange(job->counted, true)) job->model->metrics().ended(outcome_of(reason));
  if (job->state == Job::State::kWaiting && impl_->queue.erase(*job)) {
    impl_->left_queue(*job);
    job->state = Job::State::kEnded;
  } else if (job->state == Job::State::kPrepared) {
    Lane& lane = *job->lane;
    std::erase(lane.prepared, job);
    if (lane.prepared.empty()) impl_->stop_gathering(lane);
    job->model->give(std::move(job->input));
    job->state = Job::State::kEnded;
  } else if (job->state == Job::State::kRunning && job->batch != nullptr && --job->batch->wanted == 0 &&
             job->batch->instance != nullptr) {
    job->batch->instance->request_stop();
  }
}

std::optional<JobResult> Dispatcher::run_if_quick(Job& job) {
  ModelInstance* instance = job.model->quick();
  if (instance == nullptr || job.needs_preparation()) return std::nullopt;
  job.admitted = now();
  Lane* lane = nullptr;
  {
    const std::lock_guard lock(impl_->mutex);
    lane = &impl_->lane_of(job);
    // A model that was quick once may be slow today: then it goes to the workers until the estimate is forgotten.
    if (lane->run_time.high(1, job.admitted) > Duration{impl_->options.inline_compute_us}) return std::nullopt;
  }
  JobResult result;
  auto ok = Impl::guarded([&] { return impl_->ready_input(job); });
  if (ok) {
    const PreparedInput* input = job.input.get();
    ok = Impl::guarded([&]() -> Result<void> {
      if (auto ran = instance->run(std::span(&input, 1)); !ran) return ran;
      result.outputs = instance->outputs(0, job.form);
      return {};
    });
  }
  if (job.input != nullptr) job.model->give(std::move(job.input));
  if (!ok) result.outputs = fail(ok.error());
  const auto end = now();
  result.cost.compute = end - job.admitted;
  if (result.outputs) {
    job.model->metrics().took(Duration::zero(), Duration::zero(), result.cost.compute, result.cost.compute);
    const std::lock_guard lock(impl_->mutex);
    lane->run_time.record(1, result.cost.compute, end);
  }
  return result;
}

void Dispatcher::ended(Job& job, const JobResult& result, bool wanted) {
  const auto& metrics = job.model->metrics();
  if (!wanted) {
    if (result.outputs) metrics.late();
    return;
  }
  if (std::exchange(job.counted, true)) return;
  if (result.outputs) {
    metrics.answered(result.how);
  } else {
    metrics.ended(outcome_of(result.outputs.error().code));
  }
}

void Dispatcher::deliver() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->delivering.swap(impl_->finished);
  }
  // One that throws all the same must not keep the others' results, nor be delivered again: the first exception goes on at the end.
  std::exception_ptr problem;
  for (const auto& job : impl_->delivering) {
    try {
      const bool wanted = !job->abandoned && job->done(job->result);
      ended(*job, job->result, wanted);
    } catch (...) {
      if (!problem) problem = std::current_exception();
    }
    job->done = nullptr;  // which may hold what holds the job
  }
  impl_->delivering.clear();
  if (problem) std::rethrow_exception(problem);
}

std::size_t Dispatcher::pending() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->queue.size();
}

std::uint32_t Dispatcher::workers() const { return impl_->options.workers; }

}  // namespace sluice::server
