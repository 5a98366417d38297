#include "native/simulate/choice/choice_world.hpp"

#include <algorithm>
#include <limits>

namespace sluice::simulate {

double cost_of(const Spent& spent, const adapt::CostWeights& weights) {
  return weights.per_device_cost * spent.device_ms + weights.per_kilobyte * spent.bytes / 1e3 +
         weights.per_server_ms * spent.server_ms;
}

ChoiceWorld::ChoiceWorld(const WorldSetup& setup)
    : setup_(setup), draw_(setup.seed), offset_s_(draw_.uniform() * setup.network->seconds()) {
  if (setup_.server_load <= 0) next_other_ms_ = std::numeric_limits<double>::infinity();
}

double ChoiceWorld::device_ms(double kmac, double us) const {
  return kmac / setup_.device_kmac_per_ms + us / 1e3 * setup_.server_kmac_per_ms / setup_.device_kmac_per_ms;
}

double ChoiceWorld::server_ms(double kmac, double us) const { return kmac / setup_.server_kmac_per_ms + us / 1e3; }

double ChoiceWorld::work(double from_ms, double ms) {
  spent_.device_ms += ms;
  device_free_ms_ = std::max(from_ms, device_free_ms_) + ms;
  return device_free_ms_;
}

void ChoiceWorld::others_until(double at_ms) {
  while (next_other_ms_ <= at_ms) {
    worker_free_ms_ = std::max(worker_free_ms_, next_other_ms_) + draw_.exponential(setup_.others_service_ms);
    next_other_ms_ += draw_.exponential(setup_.others_service_ms / setup_.server_load);
  }
}

RoundTrip ChoiceWorld::send(double from_ms, double bytes, double server_ms) {
  spent_.bytes += bytes;
  spent_.server_ms += server_ms;
  const double begin_ms = std::max(from_ms, link_free_ms_);
  link_free_ms_ = (setup_.network->carried_at(offset_s_ + begin_ms / 1e3, bytes) - offset_s_) * 1e3;
  const double arrived_ms = link_free_ms_ + setup_.round_trip_ms / 2;
  RoundTrip trip;
  trip.sent_ms = from_ms;
  trip.served_ms = server_ms;
  double done_ms = arrived_ms;
  if (server_ms > 0) {
    others_until(arrived_ms);
    const double served_from_ms = std::max(arrived_ms, worker_free_ms_);
    worker_free_ms_ = done_ms = served_from_ms + server_ms;
    trip.waited_ms = served_from_ms - arrived_ms;
  }
  trip.answered_ms = done_ms + setup_.round_trip_ms / 2;
  return trip;
}

}  // namespace sluice::simulate
