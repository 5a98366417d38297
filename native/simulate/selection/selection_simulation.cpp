#include "native/simulate/selection/selection_simulation.hpp"

#include <algorithm>
#include <cmath>
#include <queue>

#include "core/adapt/estimate/link_estimate.hpp"
#include "core/adapt/estimate/residual_quantile.hpp"
#include "core/adapt/selection/duplication.hpp"
#include "core/adapt/selection/latency_statistics.hpp"

namespace sluice::simulate {
namespace {

constexpr double kLargestSide = 331;
constexpr double kFirstRoundTripMs = 100;  // what a client believes of a link that it has not used
constexpr double kFirstBytesPerS = 250'000;

Instant instant(double ms) { return Instant(Duration(static_cast<std::int64_t>(ms * 1e3))); }

enum class Step : std::uint8_t { kSend, kArrive, kAnswer };

struct Event {
  double at_ms;
  Step step;
  std::size_t request;
  bool operator>(const Event& other) const {
    return at_ms != other.at_ms ? at_ms > other.at_ms : request > other.request;
  }
};

struct Request {
  double sent_ms = 0;
  double up_ms = 0;
  double back_ms = 0;
  double run_ms = 0;
  double server_ms = 0;  // from arrival to the answer's departure
  double bytes = 0;
  std::size_t client = 0;
  std::size_t asked_for = 0;
  std::size_t ran = 0;
  adapt::DuplicationPlan duplicate;
};

struct Client {
  adapt::LinkEstimate link{kFirstRoundTripMs, kFirstBytesPerS};
  double free_ms = 0;   // its link has carried everything
  double offset_s = 0;  // where in the trace it began
};

// A worker, and what the server believes of it.
struct Worker {
  double free_ms = 0;
  double expected_free_ms = 0;
};

class Simulation {
 public:
  Simulation(const SelectionSetup& setup, Policy policy)
      : setup_(setup),
        policy_(policy),
        draw_(setup.seed),
        selector_(policy, make_models(setup), setup.sla_ms, setup.device_ms, kDeviceAccuracy,
                  setup.workers == 0 ? 1000 : setup.workers),
        clients_(setup.clients),
        workers_(setup.workers),
        requests_(setup.requests) {
    for (Client& client : clients_)
      client.offset_s = setup.trace != nullptr ? draw_.uniform() * setup.trace->seconds() : 0;
  }

  SelectionOutcome run();

 private:
  static std::vector<SizedVariant> make_models(const SelectionSetup& setup) {
    std::vector<SizedVariant> models;
    for (const std::size_t i : setup.models) {
      const TableModel& row = table_models()[i];
      models.push_back({{row.accuracy, setup.gpu ? row.p2_mean_ms : row.c5_mean_ms,
                         setup.gpu ? row.p2_deviation_ms : row.c5_deviation_ms, 0},
                        row.side});
    }
    return models;
  }

  void send(std::size_t i);
  void arrive(std::size_t i);
  void answer(std::size_t i);
  Outlook outlook(const Client& client, double now_ms) const;
  void travel(Request& request, Client& client);
  double queue_ms(double now_ms) const;
  SelectionOutcome summary() const;

  const SelectionSetup& setup_;
  Policy policy_;
  Draw draw_;
  Selector selector_;
  std::vector<Client> clients_;
  std::vector<Worker> workers_;
  std::vector<Request> requests_;
  adapt::LatencyStatistics way_up_{{.alpha = 0.02, .least_deviation_share = 0, .cold_runs_accepted = 1}};
  adapt::LatencyStatistics way_back_{{.alpha = 0.02, .least_deviation_share = 0, .cold_runs_accepted = 1}};
  adapt::ResidualQuantile totals_ms_;  // of the last answers
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

double Simulation::queue_ms(double now_ms) const {
  if (workers_.empty()) return 0;
  double soonest = workers_.front().expected_free_ms;
  for (const Worker& worker : workers_)
    soonest = std::min(soonest, worker.free_ms <= now_ms ? worker.free_ms : worker.expected_free_ms);
  return std::max(soonest - now_ms, 0.0);
}

Outlook Simulation::outlook(const Client& client, double now_ms) const {
  Outlook outlook;
  outlook.queue_ms = queue_ms(now_ms);
  for (const SizedVariant& model : selector_.models()) {
    if (setup_.trace == nullptr) {
      const double mean = way_up_.mean_ms() + way_back_.mean_ms();
      // With one draw for both ways the deviations add, with two their squares do.
      const double deviation = setup_.one_draw_for_both_ways
                                   ? 2 * way_up_.deviation_ms()
                                   : std::hypot(way_up_.deviation_ms(), way_back_.deviation_ms());
      outlook.round_trips.push_back(adapt::time_of(mean, deviation));
      continue;
    }
    const double side = model.side / kLargestSide;
    auto time = client.link.predict(static_cast<std::size_t>(setup_.picture_bytes * side * side));
    const double waits = std::max(client.free_ms - now_ms, 0.0);
    outlook.round_trips.push_back({time.mean_ms + waits, time.p95_ms + waits});
  }
  return outlook;
}

void Simulation::travel(Request& request, Client& client) {
  if (setup_.trace == nullptr) {
    const auto way = [this] {
      return setup_.network.deviation_ms > 0
                 ? draw_.normal_above_zero(setup_.network.mean_ms, setup_.network.deviation_ms)
                 : setup_.network.mean_ms;
    };
    request.up_ms = way();
    request.back_ms = setup_.one_draw_for_both_ways ? request.up_ms : way();
    return;
  }
  const double begin_ms = std::max(request.sent_ms, client.free_ms);
  client.free_ms = (setup_.trace->carried_at(client.offset_s + begin_ms / 1e3, request.bytes) - client.offset_s) * 1e3;
  request.up_ms = client.free_ms - request.sent_ms + setup_.trace_round_trip_ms / 2;
  request.back_ms = setup_.trace_round_trip_ms / 2;
}

void Simulation::send(std::size_t i) {
  Request& request = requests_[i];
  Client& client = clients_[request.client];
  const Outlook expected = outlook(client, request.sent_ms);
  request.asked_for = selector_.before_sending(expected);
  const SizedVariant& model = selector_.models()[request.asked_for];
  const double side = model.side / kLargestSide;
  request.bytes = setup_.picture_bytes * side * side;
  if (policy_ == Policy::kSluice) {
    const adapt::TimeEstimate& way = expected.round_trips[request.asked_for];
    const double served = expected.queue_ms + model.variant.mean_ms;
    // The server may fill the budget with a better variant than was asked for: what answers took lately says so.
    const double mean_ms = std::max(way.mean_ms + served, totals_ms_.at(0.5, 0));
    const adapt::TimeEstimate remote{mean_ms,
                                     std::max({mean_ms, way.p95_ms + served, totals_ms_.at(adapt::kHighQuantile, 0)})};
    const bool known = setup_.trace != nullptr ? client.link.observations() > 0 : way_back_.known();
    const auto plan =
        adapt::plan_duplicate(setup_.sla_ms, remote, adapt::time_of(setup_.device_ms, 2 * setup_.device_deviation_ms));
    if (plan && known) request.duplicate = *plan;
  }
  travel(request, client);
  events_.push({request.sent_ms + request.up_ms, Step::kArrive, i});
}

void Simulation::arrive(std::size_t i) {
  Request& request = requests_[i];
  const double now_ms = request.sent_ms + request.up_ms;
  way_up_.observe(request.up_ms);
  adapt::Budget budget{.remaining_ms = setup_.sla_ms - request.up_ms, .queue_ms = queue_ms(now_ms)};
  if (setup_.trace != nullptr) {
    budget.return_ms = policy_ == Policy::kSluice ? setup_.trace_round_trip_ms / 2 : request.up_ms;
  } else if (setup_.one_draw_for_both_ways || policy_ != Policy::kSluice || !way_back_.known()) {
    budget.return_ms = request.up_ms;
  } else {
    budget.return_ms = way_back_.mean_ms();
    budget.return_deviation_ms = way_back_.deviation_ms();
  }
  request.ran = selector_.on_arrival(selector_.models()[request.asked_for].side, request.asked_for, budget,
                                     instant(now_ms), draw_);
  const adapt::Variant& variant = selector_.models()[request.ran].variant;
  request.run_ms = std::max(draw_.normal(variant.mean_ms, variant.deviation_ms), 0.0);
  double begin_ms = now_ms;
  if (!workers_.empty()) {
    Worker& worker = *std::min_element(workers_.begin(), workers_.end(),
                                       [](const Worker& a, const Worker& b) { return a.free_ms < b.free_ms; });
    begin_ms = std::max(now_ms, worker.free_ms);
    worker.expected_free_ms =
        std::max(now_ms, worker.free_ms <= now_ms ? worker.free_ms : worker.expected_free_ms) + variant.mean_ms;
    worker.free_ms = begin_ms + request.run_ms;
  }
  request.server_ms = begin_ms + request.run_ms - now_ms;
  events_.push({now_ms + request.server_ms + request.back_ms, Step::kAnswer, i});
}

void Simulation::answer(std::size_t i) {
  const Request& request = requests_[i];
  way_back_.observe(request.back_ms);
  const double took_ms = request.up_ms + request.server_ms + request.back_ms;
  totals_ms_.add(took_ms);
  if (setup_.trace == nullptr) return;
  clients_[request.client].link.observe({static_cast<std::size_t>(request.bytes), instant(request.sent_ms),
                                         instant(request.sent_ms + took_ms),
                                         Duration(static_cast<std::int64_t>(request.server_ms * 1e3))});
}

SelectionOutcome Simulation::run() {
  double at_ms = 0;
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    at_ms += draw_.exponential(1e3 / setup_.requests_per_s);
    requests_[i].sent_ms = at_ms;
    requests_[i].client = draw_.index(clients_.size());
    events_.push({at_ms, Step::kSend, i});
  }
  while (!events_.empty()) {
    const Event event = events_.top();
    events_.pop();
    if (event.step == Step::kSend) send(event.request);
    else if (event.step == Step::kArrive) arrive(event.request);
    else answer(event.request);
  }
  return summary();
}

SelectionOutcome Simulation::summary() const {
  SelectionOutcome outcome;
  Draw draw(setup_.seed + 1);
  std::vector<double> times;
  times.reserve(requests_.size());
  for (const Request& request : requests_) {
    const double took_ms = request.up_ms + request.server_ms + request.back_ms;
    const double accuracy = selector_.models()[request.ran].variant.accuracy;
    const bool late = took_ms > setup_.sla_ms;
    // Policies other than Sluice run the device beside every request.
    const bool always = policy_ != Policy::kSluice;
    const double begin_ms = always ? 0 : request.duplicate.begin_ms;
    const bool duplicated = (always || request.duplicate.needed) && took_ms > begin_ms;
    const double device_done_ms = begin_ms + std::max(draw.normal(setup_.device_ms, setup_.device_deviation_ms), 0.0);
    const bool rescued = duplicated && device_done_ms <= setup_.sla_ms;
    times.push_back(took_ms);
    outcome.model_accuracy += accuracy;
    outcome.mean_ms += took_ms;
    outcome.late += late ? 1 : 0;
    outcome.accuracy += !late ? accuracy : rescued ? kDeviceAccuracy : 0;
    outcome.accuracy_alone += late ? 0 : accuracy;
    outcome.attainment += !late || rescued ? 1 : 0;
    outcome.duplicates += duplicated ? 1 : 0;
  }
  const double count = static_cast<double>(requests_.size());
  for (double* sum : {&outcome.model_accuracy, &outcome.mean_ms, &outcome.late, &outcome.accuracy,
                      &outcome.accuracy_alone, &outcome.attainment, &outcome.duplicates}) {
    *sum /= count;
  }
  const auto p99 = times.begin() + static_cast<std::ptrdiff_t>(0.99 * (count - 1));
  std::nth_element(times.begin(), p99, times.end());
  outcome.p99_ms = *p99;
  return outcome;
}

}  // namespace

Result<SelectionOutcome> simulate_selection(const SelectionSetup& setup, Policy policy) {
  if (setup.models.empty() || setup.requests == 0 || setup.clients == 0 || !(setup.requests_per_s > 0) ||
      !std::isfinite(setup.sla_ms)) {
    return fail(ErrorCode::kInvalidArgument, {"a simulation of ", setup.models.size(), " models, ", setup.clients,
                                              " clients and ", setup.requests, " requests"});
  }
  for (const std::size_t model : setup.models) {
    if (model >= table_models().size())
      return fail(ErrorCode::kInvalidArgument, {"there is no model ", model, " in the table"});
  }
  return Simulation(setup, policy).run();
}

}  // namespace sluice::simulate
