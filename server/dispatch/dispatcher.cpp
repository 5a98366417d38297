#include "server/dispatch/dispatcher.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "server/clock.hpp"
#include "server/dispatch/scheduler.hpp"
#include "server/models/cut_model.hpp"

namespace sluice::server {

namespace {

constexpr Duration kUnknownCost = std::chrono::milliseconds(1);  // what a job is charged before anything was measured
constexpr double kMegapixel = 1'000'000;

// Megapixels of a picture, and 1 for what is none.
// In megapixels; a smaller picture counts as a quarter of one, since what it takes is the same for any: by its pixels it would make
// a usual one seem to take hours.
double payload_size(std::uint64_t pixels) {
  return pixels == 0 ? 1 : std::max(static_cast<double>(pixels) / kMegapixel, 0.25);
}

Duration scaled(Duration each, double size) {
  return Duration{static_cast<Duration::rep>(static_cast<double>(each.count()) * size)};
}

}  // namespace

struct Dispatcher::Impl {
  const DispatchOptions options;
  Metrics& metrics;
  const std::function<void()> wake_io;

  mutable std::mutex mutex;
  std::condition_variable wake;
  Scheduler scheduler;
  VariantChooser chooser;
  std::vector<JobHandle> loading;  // whose models are not in memory
  std::vector<RunningBatch*> running;
  std::vector<JobHandle> finished;
  std::vector<JobHandle> delivering;  // the I/O thread's
  FurtherServer* further = nullptr;
  bool stopping = false;
  std::uint32_t working = 0;  // threads that have not ended
  std::condition_variable ended;
  std::vector<std::thread> threads;

  Impl(const DispatchOptions& dispatch_options, Metrics& server_metrics, std::function<void()> wake_up)
      : options(dispatch_options),
        metrics(server_metrics),
        wake_io(std::move(wake_up)),
        chooser(choice_of(dispatch_options)) {
    scheduler.set_choice([this](Job& job, Instant time) { return choose_form(job, time); });
  }

  static ChoiceOptions choice_of(const DispatchOptions& options) {
    ChoiceOptions choice = options.choice;
    choice.workers = options.workers;
    return choice;
  }

  std::size_t waiting() const { return scheduler.waiting() + loading.size(); }
  void count_waiting() { metrics.set_pending(waiting()); }

  // --- models and their forms; under the lock

  // The job's turn has come: of the forms in memory the one that suits what it has left.
  bool choose_form(Job& job, Instant time) {
    const std::size_t chosen = chooser.choose(job, time, Duration::zero(), true);
    return chosen != job.form_index && take_form(job, chosen);
  }

  static bool take_form(Job& job, std::size_t form) {
    auto lease = job.served->forms()[form].place->use();
    if (lease == nullptr) return false;
    set_form(job, form, lease);
    return true;
  }

  static void set_form(Job& job, std::size_t form, const ModelLease& lease) {
    job.form_index = form;
    job.model = ResidentModel::runner_of(lease, job.request.encoding);
  }

  // Until a worker is free for one more.
  Duration wait_for_worker(const Lane& lane) const {
    return lane.run_time.median_each() * static_cast<std::int64_t>(scheduler.waiting()) /
           static_cast<std::int64_t>(options.workers);
  }

  // What it takes from when it is in memory.
  static Duration time_to_run(const Lane& lane, Instant time) {
    // A batch leaves when twice its time is left (Scheduler::is_due).
    return lane.decode_time.high(time) + Duration{lane.batching.max_delay_us} + 2 * lane.run_time.high(1, time);
  }

  // A form for the job: the model, a variant in its place while it is loaded, or one of them to wait for. Why there is none else.
  std::optional<Admission> find_model(const JobHandle& job) {
    const auto forms = job->served->forms();
    // What another server may answer brings its model here when it is asked for more often.
    const bool may_go = further != nullptr && job->may_go_further();
    auto claim = forms[0].place->ask(may_go ? ModelPlace::Wish::kIfPopular : ModelPlace::Wish::kLater);
    if (claim.lease != nullptr) {
      set_form(*job, 0, claim.lease);
      return std::nullopt;
    }
    const auto time = now();
    job->form_index = chooser.choose(*job, time, wait_for_worker(scheduler.lane_of(*job)), claim.refusal.has_value());
    if (job->form_index != 0 && take_form(*job, job->form_index)) return std::nullopt;
    if (claim.refusal && job->form_index == 0) return Admission{false, claim.retry_after_ms, claim.refusal};
    const ModelForm& form = forms[job->form_index];
    const Duration load = form.place->until_resident();
    if (out_of_time(*job, time, load + time_to_run(scheduler.lane_of(*job), time))) return too_late(*job, load);
    claim = job->form_index == 0 ? form.place->wait() : form.place->ask(ModelPlace::Wish::kNow);
    if (claim.refusal) return Admission{false, claim.retry_after_ms, claim.refusal};
    if (claim.lease != nullptr) set_form(*job, job->form_index, claim.lease);
    return std::nullopt;
  }

  static Admission too_late(const Job& job, Duration load) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(load).count();
    const auto left = std::chrono::floor<std::chrono::milliseconds>(job.deadline - job.admitted).count();
    return {false, static_cast<std::uint32_t>(std::max<std::int64_t>(ms, 1)),
            Error{ErrorCode::kOverloaded,
                  join_text({"bundle '", job.served->name, "' is not in memory: its model is there in about ", ms,
                             " ms, ", left, " ms are left"})}};
  }

  void enter_queue(const JobHandle& job) {
    Lane& lane = scheduler.lane_of(*job);
    const Duration each = lane.run_time.median_each();
    job->expected = each > Duration::zero() ? each : kUnknownCost;
    job->lane = &lane;
    job->state = Job::State::kWaiting;
    scheduler.push(job);
    wake.notify_one();
  }

  void go_on_loaded() {
    for (const auto& job : std::exchange(loading, {})) {
      auto claim = job->served->forms()[job->form_index].place->look();
      if (claim.lease != nullptr) {
        set_form(*job, job->form_index, claim.lease);
        metrics.waited_for_load(now() - job->admitted);
        enter_queue(job);
      } else if (claim.refusal) {
        metrics.waited_for_load(now() - job->admitted);
        job->result.retry_after_ms = claim.retry_after_ms;
        job->goes_further = further != nullptr && job->may_go_further();
        end_with(job, fail(*claim.refusal));
      } else {
        loading.push_back(job);
      }
    }
    count_waiting();
  }

  // Takes a job that waits for its model back; false where it does not.
  bool stop_loading(const JobHandle& job, ErrorCode reason) {
    if (std::erase(loading, job) == 0) return false;
    const auto& place = job->served->forms()[job->form_index].place;
    const auto awaits = [&](const JobHandle& other) {
      return other->served == job->served && other->form_index == job->form_index;
    };
    if (std::ranges::none_of(loading, awaits)) place->withdraw(reason == ErrorCode::kDeadlineExpired);
    return true;
  }

  // --- further on; on the I/O thread, without the lock

  // Why it is not with the other server now.
  std::optional<FurtherServer::Refusal> pass_on(const JobHandle& job) {
    job->state = Job::State::kForwarded;
    return further->take(job);
  }

  // Neither here nor there: what is said of both. Where this server only lacks time, so does the whole; else what the other one lacks counts.
  static void tell_of_both(Admission& here, const FurtherServer::Refusal& there) {
    const std::string text = join_text({here.why->message, "; ", there.why.message});
    const bool soon_here = here.why->code == ErrorCode::kOverloaded && !there.final;
    here.why = Error{soon_here ? ErrorCode::kOverloaded : there.why.code, text};
    if (there.final) {
      here.retry_after_ms = 0;
    } else if (here.retry_after_ms == 0 || (there.retry_after_ms != 0 && there.retry_after_ms < here.retry_after_ms)) {
      here.retry_after_ms = there.retry_after_ms;
    }
  }

  // Of a job whose model could not be loaded; true where it is with the other server now.
  bool go_further(const JobHandle& job) {
    if (!std::exchange(job->goes_further, false) || job->abandoned || job->counted) return false;
    Admission here{false, job->result.retry_after_ms, job->result.outputs.error()};
    job->result.outputs = Outputs();
    const auto refused = pass_on(job);
    if (!refused) return true;
    job->state = Job::State::kEnded;
    tell_of_both(here, *refused);
    job->result.retry_after_ms = here.retry_after_ms;
    job->result.outputs = fail(*here.why);
    return false;
  }

  // --- ends

  // Under the lock. The I/O thread hears of it when the caller lets go.
  void end(JobHandle job) {
    job->state = Job::State::kEnded;
    job->batch = nullptr;
    let_go_of_model(*job);
    if (finished.empty()) wake_io();
    finished.push_back(std::move(job));
  }

  static void let_go_of_model(Job& job) {
    if (job.input != nullptr) job.model->give(std::move(job.input));
    job.model.reset();
  }

  // Ends with the call: a model must not be kept in memory by a job that has been answered.
  struct UseOfModel {
    Job& job;
    explicit UseOfModel(Job& user) : job(user) {}
    ~UseOfModel() { let_go_of_model(job); }
    UseOfModel(const UseOfModel&) = delete;
    UseOfModel& operator=(const UseOfModel&) = delete;
  };

  void end_with(JobHandle job, Failure failure) {
    job->result.outputs = std::move(failure);
    end(std::move(job));
  }

  static Failure stopped() { return fail(ErrorCode::kShuttingDown, "the server stopped before the request was run"); }

  // Counts a job that was not answered under its one outcome.
  void count(Job& job, Outcome outcome, const JobResult& result) {
    job.counted = true;
    job.served->metrics().ended(outcome);
    trace(job, outcome, result);
  }

  void trace(const Job& job, Outcome outcome, const JobResult& result) const {
    if (job.trace && job.trace->sampled && options.traced) options.traced(job, outcome, result);
  }

  // --- the workers

  void work() {
    std::vector<JobHandle> late;
    std::unique_lock lock(mutex);
    for (;;) {
      Scheduler::Task task = scheduler.next(now(), late);
      count_waiting();
      for (auto& job : std::exchange(late, {})) end(std::move(job));
      if (task.more) wake.notify_one();
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
    scheduler.correct(*job->principal, took);
    if (job->abandoned || !ok) return end(std::move(job));
    if (stopping) return end_with(std::move(job), stopped());
    scheduler.add_prepared(std::move(job), now());
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

  void run(Scheduler::Task& task, std::unique_lock<std::mutex>& lock) {
    RunningBatch batch;
    for (const auto& job : task.run) {
      job->batch = &batch;
      if (!job->abandoned) ++batch.wanted;
    }
    const ModelLease model = task.run.front()->model;
    for (const auto& job : task.run) chooser.begins(*job, now());
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
      ran = wanted ? run_batch(**instance, good, start) : stopped();
      lock.lock();
      batch.instance = nullptr;
      std::erase(running, &batch);
      lock.unlock();
      (*instance)->allow_runs();
    }
    const auto took = now() - start;
    if (!ran) {
      for (const auto& job : good) {
        if (job->state == Job::State::kRunning) job->result.outputs = fail(ran.error());
      }
    }
    for (const auto& job : bad) finish_alone(*job);
    if (instance) model->give(std::move(*instance));

    lock.lock();
    const auto time = now();
    const auto inputs = static_cast<std::uint32_t>(good.size());
    if (ran && inputs > 0) {
      task.lane->run_time.record(inputs, took, time);
      VariantChooser::took(*good.front(), took);
      if (task.lane->batching.max_batch > 1) good.front()->served->metrics().batch(task.left, inputs);
    }
    for (auto& job : task.run) {
      scheduler.correct(*job->principal, took / static_cast<std::int64_t>(task.run.size()) - job->expected);
      if (job->state == Job::State::kRunning) end_run(job, took, time);
    }
  }

  // Under the lock.
  void end_run(const JobHandle& job, Duration took, Instant time) {
    job->result.cost.compute = took;
    if (job->result.outputs) {
      const auto& cost = job->result.cost;
      job->served->metrics().took(cost.queue, cost.decode, cost.compute, time - job->admitted);
      const ModelForm& form = job->served->forms()[job->form_index];
      if (!form.variant.empty()) job->result.variant = {form.variant, form.agreement};
    }
    end(job);
  }

  Result<void> ready_input(Job& job) const {
    if (job.input != nullptr) return {};
    job.input = job.model->take_input();
    return take_tensors(job.request, job.model->model().inputs(), job.model->manifest().model.input, *job.input);
  }

  // Runs the batch and takes it apart; who leaves it early is handed out at once, while it goes on. Where the whole fails, each is run alone,
  // so that one input cannot fail the others.
  Result<void> run_batch(ModelInstance& instance, std::span<const JobHandle> jobs, Instant start) {
    std::vector<const PreparedInput*> inputs;
    for (const auto& job : jobs) inputs.push_back(job->input.get());
    const auto leave_early = [&](std::size_t i) {
      take_outputs(instance, i, *jobs[i]);
      const std::lock_guard lock(mutex);
      const auto time = now();
      if (!jobs[i]->abandoned) --jobs[i]->batch->wanted;
      end_run(jobs[i], time - start, time);
    };
    auto ok = guarded([&] { return instance.run(inputs, leave_early); });
    const auto is_left = [](const JobHandle& job) { return job->state == Job::State::kRunning; };
    if (!ok && jobs.size() > 1) {
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (!is_left(jobs[i])) continue;
        if (auto alone = run_batch(instance, jobs.subspan(i, 1), start); !alone) {
          jobs[i]->result.outputs = fail(alone.error());
        }
      }
      return {};
    }
    if (!ok) return ok;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (is_left(jobs[i])) take_outputs(instance, i, *jobs[i]);
    }
    return {};
  }

  static void take_outputs(ModelInstance& instance, std::size_t index, Job& job) {
    auto taken = guarded([&]() -> Result<void> {
      job.result.outputs = instance.outputs(index, job.form);
      job.result.channels = job.input->channels;
      if (job.request.encoding == wire::Encoding::kCut && job.result.outputs) {
        const auto& stage = job.result.outputs->at(kCutStageOutput).tensor;
        job.result.stage = static_cast<std::uint32_t>(stage.as<std::int32_t>()[0]);
      }
      return {};
    });
    if (!taken) job.result.outputs = fail(taken.error());
    finish_alone(job);
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
  // Results that nobody will deliver: a connection that waits for one is held by it, and holds it.
  for (const auto* jobs : {&impl_->finished, &impl_->delivering}) {
    for (const auto& job : *jobs) job->done = nullptr;
  }
}

bool Dispatcher::stop(Duration grace) {
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  for (auto& job : std::exchange(impl_->loading, {})) impl_->end_with(std::move(job), Impl::stopped());
  if (impl_->further != nullptr) {
    for (auto& job : impl_->further->take_all()) impl_->end_with(std::move(job), Impl::stopped());
  }
  for (auto& job : impl_->scheduler.take_all()) impl_->end_with(std::move(job), Impl::stopped());
  impl_->count_waiting();
  for (auto* batch : impl_->running) batch->instance->request_stop();
  impl_->wake.notify_all();
  return impl_->ended.wait_for(lock, grace, [&] { return impl_->working == 0; });
}

Dispatcher::Admission Dispatcher::submit(const JobHandle& job) {
  job->admitted = now();
  std::unique_lock lock(impl_->mutex);
  const auto refuse = [&](Admission why) {
    job->model.reset();
    impl_->count(*job, Outcome::kRejected, job->result);
    return why;
  };
  const auto retry_after_ms = [&] {
    const Duration each = impl_->scheduler.lane_of(*job).run_time.median_each();
    const auto wait = std::max<Duration>(each, kUnknownCost) * static_cast<std::int64_t>(impl_->waiting() + 1) /
                      static_cast<std::int64_t>(impl_->options.workers);
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
  };
  if (impl_->stopping) return refuse({false, retry_after_ms(), {}});
  if (impl_->waiting() >= impl_->options.max_queue) {
    auto evicted = impl_->scheduler.evict_for(*job->principal);
    if (evicted == nullptr) return refuse({false, retry_after_ms(), {}});
    evicted->result.retry_after_ms = retry_after_ms();
    impl_->end_with(std::move(evicted),
                    fail(ErrorCode::kOverloaded, {"the queue of ", impl_->options.max_queue,
                                                  " requests is full, and others have fewer in it"}));
  }
  if (auto refused = impl_->find_model(job)) {
    if (impl_->further == nullptr || !refused->why || !job->may_go_further()) return refuse(*std::move(refused));
    lock.unlock();
    const auto there = impl_->pass_on(job);
    if (!there) return {true, 0, {}};
    lock.lock();
    Impl::tell_of_both(*refused, *there);
    return refuse(*std::move(refused));
  }
  if (job->model != nullptr) {
    impl_->enter_queue(job);
  } else {
    job->state = Job::State::kLoading;
    impl_->loading.push_back(job);
  }
  impl_->count_waiting();
  return {true, 0, {}};
}

void Dispatcher::set_further(FurtherServer* further) { impl_->further = further; }

void Dispatcher::answered_further(const JobHandle& job, JobResult result) {
  const std::lock_guard lock(impl_->mutex);
  if (job->abandoned || job->state != Job::State::kForwarded) return;
  job->result = std::move(result);
  impl_->end(job);
}

void Dispatcher::returned(const JobHandle& job, const FurtherServer::Refusal& why) {
  const std::lock_guard lock(impl_->mutex);
  if (job->abandoned || job->state != Job::State::kForwarded) return;
  if (auto claim = job->served->place().look(); claim.lease != nullptr && !impl_->stopping) {
    Impl::set_form(*job, 0, claim.lease);
    impl_->enter_queue(job);
    impl_->count_waiting();
    return;
  }
  job->result.retry_after_ms = why.retry_after_ms;
  impl_->end_with(job, fail(why.why));
}

void Dispatcher::models_changed() {
  const std::lock_guard lock(impl_->mutex);
  impl_->go_on_loaded();
}

bool Dispatcher::full_for(const Principal& principal) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->waiting() >= impl_->options.max_queue && !impl_->scheduler.can_evict_for(principal);
}

Duration Dispatcher::usual_time(const Job& job) const {
  const auto time = now();
  const std::lock_guard lock(impl_->mutex);
  const Lane& lane = impl_->scheduler.lane_of(job);
  const Duration load = job.served->place().until_resident();
  return load + impl_->wait_for_worker(lane) + Impl::time_to_run(lane, time);
}

void Dispatcher::abandon(const JobHandle& job, ErrorCode reason) {
  std::unique_lock lock(impl_->mutex);
  if (std::exchange(job->abandoned, true)) return;
  if (!job->counted) impl_->count(*job, outcome_of(reason), {});
  if (job->state == Job::State::kForwarded) {
    job->state = Job::State::kEnded;
    lock.unlock();
    return impl_->further->withdraw(*job, reason);
  }
  if (impl_->stop_loading(job, reason) || impl_->scheduler.withdraw(job)) {
    Impl::let_go_of_model(*job);
    job->state = Job::State::kEnded;
    impl_->count_waiting();
  } else if (job->state == Job::State::kRunning && job->batch != nullptr && --job->batch->wanted == 0 &&
             job->batch->instance != nullptr) {
    job->batch->instance->request_stop();
  }
}

std::optional<JobResult> Dispatcher::run_if_quick(Job& job) {
  if (job.needs_preparation()) return std::nullopt;
  // Its quickness was measured with this shape, and follows from it (open_ended.hpp).
  const auto& tensors = job.request.tensors;
  if (tensors.size() != 1 || tensors.front().tensor.shape != job.served->runner(job.request.encoding).tensor_shape)
    return std::nullopt;
  auto lease = job.served->place().use();
  if (lease == nullptr) return std::nullopt;
  Impl::set_form(job, 0, lease);
  const Impl::UseOfModel use(job);
  ModelInstance* instance = job.model->quick();
  if (instance == nullptr) return std::nullopt;
  job.served->place().ask(ModelPlace::Wish::kLater);  // it counts as a request
  job.admitted = now();
  Lane* lane = nullptr;
  {
    const std::lock_guard lock(impl_->mutex);
    lane = &impl_->scheduler.lane_of(job);
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
  if (!ok) result.outputs = fail(ok.error());
  const auto end = now();
  result.cost.compute = end - job.admitted;
  if (result.outputs)
    job.served->metrics().took(Duration::zero(), Duration::zero(), result.cost.compute, result.cost.compute);
  const std::lock_guard lock(impl_->mutex);
  lane->run_time.record(1, result.cost.compute, end);
  return result;
}

void Dispatcher::ended(Job& job, const JobResult& result, bool wanted) {
  const auto& metrics = job.served->metrics();
  if (!wanted) {
    if (result.outputs) metrics.late();
    return;
  }
  if (job.counted) return;
  if (!result.outputs) return impl_->count(job, outcome_of(result.outputs.error().code), result);
  job.counted = true;
  metrics.answered(result.how);
  if (result.hops != 0) return impl_->trace(job, Outcome::kOk, result);
  if (!result.variant.name.empty()) metrics.answered_by(job.form_index - 1);
  if (result.stage) metrics.left_at(*result.stage);
  if (result.channels != 0) metrics.took_features(result.channels, job.request.payload.size());
  impl_->trace(job, Outcome::kOk, result);
}

void Dispatcher::refused(Job& job) { impl_->count(job, Outcome::kRejected, job.result); }

void Dispatcher::deliver() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->delivering.swap(impl_->finished);
  }
  // One that throws all the same must not keep the others' results, nor be delivered again: the first exception goes on at the end.
  std::exception_ptr problem;
  for (const auto& job : impl_->delivering) {
    try {
      if (impl_->go_further(job)) continue;  // which keeps its done()
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
  return impl_->waiting();
}

std::uint32_t Dispatcher::workers() const { return impl_->options.workers; }

}  // namespace sluice::server
