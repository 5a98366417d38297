// One simulated host: its memory, what it loads and runs, and the requests that wait for a load on it. The simulation
// tells it the time; it puts what will happen into the schedule. One thread.
#pragma once

#include <deque>
#include <memory>
#include <queue>
#include <span>
#include <vector>

#include "core/adapt/residency/residency.hpp"
#include "native/simulate/residency/measured_models.hpp"
#include "native/simulate/residency/residency_run.hpp"
#include "native/simulate/residency/wait_times.hpp"

namespace sluice::simulate {

struct HostEvent {
  enum class Kind : std::uint8_t { kLoaded, kRan, kWake };
  Instant at{};
  std::uint64_t number = 0;  // in the order of scheduling: decides among equal times
  Kind kind = Kind::kWake;
  std::uint32_t host = 0;
  std::uint32_t model = 0;
};

// What happens next, over all hosts.
class HostSchedule {
 public:
  void add(Instant at, HostEvent::Kind kind, std::uint32_t host, std::uint32_t model) {
    events_.push({at, ++number_, kind, host, model});
  }
  bool due(Instant now) const { return !events_.empty() && events_.top().at <= now; }
  bool empty() const { return events_.empty(); }
  HostEvent next() {
    const HostEvent event = events_.top();
    events_.pop();
    return event;
  }

 private:
  struct Later {
    bool operator()(const HostEvent& a, const HostEvent& b) const {
      return a.at != b.at ? a.at > b.at : a.number > b.number;
    }
  };
  std::priority_queue<HostEvent, std::vector<HostEvent>, Later> events_;
  std::uint64_t number_ = 0;
};

class ModelHost {
 public:
  // Borrows all but the residency, in which every model stands under its number.
  ModelHost(std::uint32_t number, Timing timing, residency::Residency residency, std::span<const SimulatedModel> models,
            HostSchedule& schedule, RunResult& result, WaitTimes& waits);

  // True when it took the request, false when the model can never fit.
  bool ask(std::uint32_t model, Instant now);
  void handle(const HostEvent& event);
  // Resident, loading or waited for.
  bool holds(std::uint32_t model) const {
    return residency_.resident(model) || residency_.loading(model) || !waiting_[model].empty();
  }
  std::uint64_t free_bytes() const;
  const residency::ResidencyStats& stats() const { return residency_.stats(); }

 private:
  struct Job {
    bool is_load = false;
    std::uint32_t model = 0;
    Instant asked{};
  };
  void run(std::uint32_t model, Instant asked, Instant now);
  void start_loads(Instant now);
  void load(std::uint32_t model, Instant now);
  void loaded(std::uint32_t model, Instant now);
  void begin_next_job(Instant now);

  std::uint32_t number_;
  Timing timing_;
  residency::Residency residency_;
  std::span<const SimulatedModel> models_;
  HostSchedule& schedule_;
  RunResult& result_;
  WaitTimes& waits_;
  std::vector<std::vector<Instant>> waiting_;  // by model, when they asked
  std::deque<Job> jobs_;                       // kSerial: the one at work first
  Instant woken_ = kNever;                     // the wake that is scheduled
};

}  // namespace sluice::simulate
