#include "native/simulate/residency/model_host.hpp"

#include <algorithm>
#include <utility>

namespace sluice::simulate {

using residency::ResidencyAnswer;
using Kind = HostEvent::Kind;

ModelHost::ModelHost(std::uint32_t number, Timing timing, residency::Residency residency,
                     std::span<const SimulatedModel> models, HostSchedule& schedule, RunResult& result,
                     WaitTimes& waits)
    : number_(number),
      timing_(timing),
      residency_(std::move(residency)),
      models_(models),
      schedule_(schedule),
      result_(result),
      waits_(waits),
      waiting_(models.size()) {}

std::uint64_t ModelHost::free_bytes() const {
  const std::uint64_t budget = residency_.options().budget_bytes;
  return budget - std::min(budget, residency_.used_bytes());
}

bool ModelHost::ask(std::uint32_t model, Instant now) {
  const auto decision = residency_.ask({model, {}}, now);
  if (!decision) return false;
  if (decision->answer == ResidencyAnswer::kRun) {
    ++result_.hits;
    run(model, now, now);
    start_loads(now);  // a use may end at once
    return true;
  }
  waiting_[model].push_back(now);
  start_loads(now);
  return true;
}

// Precondition: it may be used.
void ModelHost::run(std::uint32_t model, Instant asked, Instant now) {
  residency_.begin_use(model);
  if (timing_ == Timing::kSerial) {
    jobs_.push_back({false, model, asked});
    if (jobs_.size() == 1) begin_next_job(now);
    return;
  }
  waits_.add(now - asked);
  if (timing_ == Timing::kInstant) residency_.end_use(model);
  else schedule_.add(now + models_[model].run_time, Kind::kRan, number_, model);
}

void ModelHost::start_loads(Instant now) {
  while (const auto order = residency_.next_load(now)) load(order->model, now);
  const Instant wake = residency_.wake_at();
  if (wake == kNever || wake == woken_) return;
  woken_ = wake;
  schedule_.add(wake, Kind::kWake, number_, 0);
}

void ModelHost::load(std::uint32_t model, Instant now) {
  const Duration cost = models_[model].profile.load_cost;
  result_.load_s += std::chrono::duration<double>(cost).count();
  switch (timing_) {
    case Timing::kInstant:
      // The wait is told, though no time passes.
      for (Instant& asked : waiting_[model]) asked -= cost;
      loaded(model, now);
      break;
    case Timing::kConcurrent: schedule_.add(now + cost, Kind::kLoaded, number_, model); break;
    case Timing::kSerial:
      jobs_.push_back({true, model, now});
      if (jobs_.size() == 1) begin_next_job(now);
      break;
  }
}

void ModelHost::loaded(std::uint32_t model, Instant now) {
  residency_.load_done(model, 0, now);
  for (const Instant asked : waiting_[model]) run(model, asked, now);
  waiting_[model].clear();
}

// kSerial: the first job starts.
void ModelHost::begin_next_job(Instant now) {
  const Job& job = jobs_.front();
  const SimulatedModel& model = models_[job.model];
  if (job.is_load) return schedule_.add(now + model.profile.load_cost, Kind::kLoaded, number_, job.model);
  waits_.add(now - job.asked);
  schedule_.add(now + model.run_time, Kind::kRan, number_, job.model);
}

void ModelHost::handle(const HostEvent& event) {
  if (event.kind == Kind::kWake) {
    if (event.at == woken_) woken_ = kNever;
  } else {
    if (timing_ == Timing::kSerial) jobs_.pop_front();
    const bool idle = jobs_.empty();
    if (event.kind == Kind::kLoaded) {
      loaded(event.model, event.at);
    } else {
      residency_.end_use(event.model);
    }
    if (timing_ == Timing::kSerial && !idle) begin_next_job(event.at);
  }
  start_loads(event.at);
}

}  // namespace sluice::simulate
