#include "server/dispatch/scheduler.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace sluice::server {

namespace {

// A client that invents shapes gets no lane for each: above so many, jobs of a version share one and run alone.
constexpr std::size_t kMaxLanesOfModel = 16;

std::string milliseconds(Duration duration) {
  const auto tenths = duration.count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

// What tells lanes apart: the shapes of all inputs, as far as they are known; nothing for models that run one input at a time.
std::vector<std::int64_t> dims_of(const Job& job) {
  std::vector<std::int64_t> dims;
  const ServedRunner& runner = job.served->runner(job.request.encoding);
  if (runner.batching.max_batch == 1) return dims;
  const auto add = [&](const Shape& shape) { dims.insert(dims.end(), shape.dims().begin(), shape.dims().end()); };
  if (job.request.encoding != wire::Encoding::kTensor || job.parse) {
    add(runner.tensor_shape);
  } else {
    for (const auto& tensor : job.request.tensors) add(tensor.tensor.shape);
  }
  return dims;
}

// Tensors that a client made of several inputs run as they are.
bool brings_several(const Job& job) {
  const std::size_t axis = job.served->runner(job.request.encoding).batching.axis;
  return std::any_of(job.request.tensors.begin(), job.request.tensors.end(), [&](const auto& one) {
    const auto& shape = one.tensor.shape;
    return axis >= shape.rank() || shape[axis] != 1;
  });
}

Instant earliest_deadline(const Lane& lane) {
  Instant earliest = kNever;
  for (const auto& job : lane.prepared) earliest = std::min(earliest, job->deadline);
  return earliest;
}

void end_late(JobHandle job, const Error& why, std::vector<JobHandle>& late) {
  job->result.outputs = fail(why);
  late.push_back(std::move(job));
}

}  // namespace

std::optional<Error> out_of_time(const Job& job, Instant time, Duration expected) {
  if (job.deadline == kNever || time + expected <= job.deadline) return std::nullopt;
  std::string message = "waited " + milliseconds(time - job.admitted);
  message += time > job.deadline ? "; the budget is used up"
                                 : "; " + milliseconds(job.deadline - time) + " are left, the model takes up to " +
                                       milliseconds(expected);
  return Error{ErrorCode::kDeadlineExpired, std::move(message)};
}

Lane& Scheduler::lane_of(const Job& job) {
  auto dims = dims_of(job);
  const ServedRunner& runner = job.served->runner(job.request.encoding);
  std::size_t of_model = 0;
  for (const auto& lane : lanes_) {
    if (lane->runner != &runner || lane->form_index != job.form_index || lane->served.lock() != job.served) continue;
    if (lane->dims == dims) return *lane;
    if (++of_model == kMaxLanesOfModel) return *lane;
  }
  std::erase_if(lanes_, [](const auto& lane) {
    return lane->served.expired() && lane->waiting == 0 && lane->preparing == 0 && lane->prepared.empty();
  });
  auto lane = std::make_unique<Lane>();
  lane->served = job.served;
  lane->runner = &runner;
  lane->form_index = job.form_index;
  lane->dims = std::move(dims);
  lane->batching = runner.batching;
  if (of_model + 1 == kMaxLanesOfModel || brings_several(job)) lane->batching.max_batch = 1;
  lanes_.push_back(std::move(lane));
  return *lanes_.back();
}

void Scheduler::push(const JobHandle& job) {
  ++job->lane->waiting;
  queue_.push(job);
}

void Scheduler::add_prepared(JobHandle job, Instant time) {
  if (choose_) choose_(*job, time);
  Lane& lane = lane_of(*job);
  put(lane, std::move(job), time);
}

void Scheduler::put(Lane& lane, JobHandle job, Instant time) {
  job->state = Job::State::kPrepared;
  job->lane = &lane;
  if (lane.prepared.empty()) {
    gathering_.push_back(&lane);
    lane.gathering_since = time;
    want_batch(lane, 1);
  }
  lane.prepared.push_back(std::move(job));
}

// How many inputs the batch to come should have, with so many prepared.
void Scheduler::want_batch(Lane& lane, std::size_t prepared) const {
  const bool more_may_come = lane.batching.max_delay_us > 0;
  const auto known = static_cast<std::uint32_t>(prepared) + lane.waiting + lane.preparing;
  lane.wanted = lane.run_time.choose(more_may_come ? lane.batching.max_batch : known, lane.batching.max_batch);
}

// Whether the lane's batch leaves now; if not, `wait_until` is moved to when it does.
bool Scheduler::is_due(const Lane& lane, Instant time, Instant& wait_until) const {
  if (lane.prepared.size() >= lane.wanted) return true;
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

Scheduler::Task Scheduler::next(Instant time, std::vector<JobHandle>& late) {
  for (;;) {
    Task task;
    Lane* due = nullptr;
    for (Lane* lane : gathering_) {
      if (!is_due(*lane, time, task.wait_until)) continue;
      if (due == nullptr || earliest_deadline(*lane) < earliest_deadline(*due)) due = lane;
    }
    if (due != nullptr) {
      take_batch(*due, time, task, late);
      if (!task.run.empty()) return task;
      continue;
    }
    JobHandle job;
    if (!gathering_.empty()) {  // what makes a batch whole comes first
      job = queue_.pop([&](const Job& one) { return one.lane != nullptr && !one.lane->prepared.empty(); });
    }
    if (job == nullptr) job = queue_.pop();
    if (job == nullptr) return task;
    left_queue(*job);
    job->result.cost.queue = time - job->admitted;
    if (choose_ && choose_(*job, time)) job->lane = &lane_of(*job);
    if (auto why = out_of_time(*job, time, job->lane->run_time.high(1, time))) {
      end_late(std::move(job), *why, late);
      continue;
    }
    if (job->needs_preparation()) {
      job->state = Job::State::kPreparing;
      ++job->lane->preparing;
      task.prepare = std::move(job);
      return task;
    }
    Lane& lane = *job->lane;
    put(lane, std::move(job), time);
  }
}

// The batch of a lane: as many as are wanted, fewer where a larger batch would make one of them late, without those that are late
// already.
void Scheduler::take_batch(Lane& lane, Instant time, Task& task, std::vector<JobHandle>& late) {
  auto& prepared = lane.prepared;
  for (std::size_t i = 0; i < prepared.size();) {
    if (auto why = out_of_time(*prepared[i], time, lane.run_time.high(1, time))) {
      end_late(std::move(prepared[i]), *why, late);
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
  if (prepared.empty()) {
    std::erase(gathering_, &lane);
    return;
  }
  lane.gathering_since = time;
  want_batch(lane, prepared.size());
  task.more = true;
}

bool Scheduler::withdraw(const JobHandle& job) {
  if (job->state == Job::State::kWaiting && queue_.erase(*job)) {
    left_queue(*job);
    return true;
  }
  if (job->state != Job::State::kPrepared) return false;
  Lane& lane = *job->lane;
  std::erase(lane.prepared, job);
  if (lane.prepared.empty()) std::erase(gathering_, &lane);
  return true;
}

JobHandle Scheduler::evict_for(const Principal& newcomer) {
  auto evicted = queue_.evict_for(newcomer);
  if (evicted != nullptr) left_queue(*evicted);
  return evicted;
}

std::vector<JobHandle> Scheduler::take_all() {
  std::vector<JobHandle> all;
  while (auto job = queue_.pop()) {
    left_queue(*job);
    all.push_back(std::move(job));
  }
  for (auto* lane : std::exchange(gathering_, {})) {
    for (auto& job : std::exchange(lane->prepared, {})) all.push_back(std::move(job));
  }
  return all;
}

}  // namespace sluice::server
