// A device with a link and a server, on which inputs are answered one after the other: the device does one thing at a time, the link carries
// one message after the other as its trace says, and the server has one worker that others keep busy as well. Says what everything took
// and cost. Deterministic by its seed. One thread at a time; the trace is borrowed.
#pragma once

#include <cstdint>

#include "core/adapt/choice/choice.hpp"
#include "native/simulate/draw.hpp"
#include "native/simulate/network/network_trace.hpp"

namespace sluice::simulate {

struct WorldSetup {
  const NetworkTrace* network = nullptr;
  double round_trip_ms = 40;  // beside what bytes take
  double device_kmac_per_ms = 2'000;
  double server_kmac_per_ms = 20'000;
  double server_load = 0.5;       // share of the worker's time that others take, [0, 1)
  double others_service_ms = 10;  // mean of a request of theirs
  std::uint64_t seed = 1;
};

struct Spent {
  double device_ms = 0;
  double bytes = 0;
  double server_ms = 0;
};

double cost_of(const Spent& spent, const adapt::CostWeights& weights);

// A message's way there and back; times are the simulation's.
struct RoundTrip {
  double sent_ms = 0;
  double answered_ms = 0;
  double waited_ms = 0;  // for the worker
  double served_ms = 0;
};

class ChoiceWorld {
 public:
  explicit ChoiceWorld(const WorldSetup& setup);

  // Of so many multiply-adds, and microseconds as the server's kind of machine takes them.
  double device_ms(double kmac, double us) const;
  double server_ms(double kmac, double us) const;

  // The device works so long, from that time on or when it is free; when it is done.
  double work(double from_ms, double ms);
  // Bytes are sent, and a server works on them. Messages are sent in the order of their times.
  RoundTrip send(double from_ms, double bytes, double server_ms);

  double device_free_ms() const { return device_free_ms_; }
  double link_free_ms() const { return link_free_ms_; }
  const Spent& spent() const { return spent_; }

 private:
  void others_until(double at_ms);

  WorldSetup setup_;
  Draw draw_;
  double offset_s_;
  double device_free_ms_ = 0;
  double link_free_ms_ = 0;
  double worker_free_ms_ = 0;
  double next_other_ms_ = 0;
  Spent spent_;
};

}  // namespace sluice::simulate
