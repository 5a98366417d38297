// Flow control of one connection: when the next request may start, how large its payload may be, and whether it can still be
// answered in time. On a link that is too thin the freshest input then goes as soon as the one before it has left, none is
// sent that cannot make its deadline, and what lies unsent stays about one request.
//
// A socket's buffers hide what has really left, so the link is measured by the replies: they come in the order of the requests
// or later, each tells that its request and all before it have left, and the server says how long it took itself. From that
// follow the link's rate and the time at which it will have carried everything handed over. No traffic of its own.
//   dep(i)  = replied(i) - server's time - round trip                        when request i had left the link
//   rate   ~= bytes(i) / (dep(i) - max(dep(i-1), handed(i)))                 smoothed
//   free    = dep(i), then for each later request: max(free, handed) + bytes / rate
// An answer larger than its request counts with its own size: the link is taken to be as thin downwards as upwards.
// A reply before its request was handed over, as after a clock that jumped back, tells nothing but that its request has left. A link too
// fast to be measured has no rate; a transfer then takes no time beyond the round trip. One that carries nothing is believed for as long
// again as its reply is overdue already.
// The rate is one to send by: of requests that follow each other. How long a single message takes on a free link is adapt::LinkEstimate's to
// say, which form_placer.hpp learns from the same replies and puts behind waits_for_link(). Neither does for the other: in this place
// LinkEstimate fills a thin link to 62 % where this fills 85 % (flow_test.cpp), and in that one this rate takes the delays of small messages
// for a thin link: of the forms on a link of 40 MB/s 79 % were the right ones, with LinkEstimate 85 % (form_placer_test.cpp).
// While a reply is overdue the link has stalled, or is slower than thought: nothing more starts until it comes, or until it is late by
// a whole budget, and a second; then one request is tried.
//
// Owned by the client's remote route. No clock, no I/O; deterministic. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/time.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

// How a picture is made into a payload.
struct PayloadSetting {
  std::uint32_t jpeg_quality = 85;
  float scale = 1;  // of each side
  friend bool operator==(const PayloadSetting&, const PayloadSetting&) = default;
};

class FlowControl {
 public:
  // `budget`: what an input has from its offer to its answer.
  FlowControl(const PayloadBounds& bounds, Duration budget);

  // --- what came to pass
  // A new connection, whose handshake took so long: nothing is under way on it. What was learnt of the link's rate stays.
  void connected(Duration round_trip);
  void round_trip(Duration took);  // of a message too small to count
  // To the socket; numbers grow, but for a request's further parts, which have its own.
  void handed(std::uint64_t request, std::size_t bytes, Instant now);
  void withdrawn(std::uint64_t request);  // it never reached the socket
  // A reply of any kind. `server_time` from its request's arrival to its own departure; nullopt: the server didn't say.
  void replied(std::uint64_t request, std::size_t bytes, std::optional<Duration> server_time, Instant now);
  void given_up(std::uint64_t request, Instant now);  // its input ended before its reply
  // A payload was made in `took`; `setting` is nullopt where its size does not follow from one.
  void encoded(std::optional<PayloadSetting> setting, std::size_t bytes, Duration took);

  // --- what may be done
  // When the next payload should be made: by the time it is, the link will be about free. `being_made` are others that will go
  // before it. In the past: now; kNever: not before a reply.
  Instant room_at(std::uint32_t being_made, Instant now) const;
  bool has_room(std::uint32_t being_made, Instant now) const { return room_at(being_made, now) <= now; }
  // By when the answer to a request of so many bytes will be here if it is handed over now, with what replies are late by; `now` while
  // nothing is known.
  Instant answered_at(std::size_t bytes, Instant now) const;
  // How long what is handed over then, at the earliest now, waits for what is under way; where a reply is overdue, as long again as it is.
  Duration waits_for_link(Instant handed, Instant now) const;
  Duration known_round_trip() const { return round_trip_; }
  // Whether it will be in time. On a link too thin for anything one request is tried now and then all the same.
  bool makes_it(std::size_t bytes, Instant deadline, Instant now) const;
  // The same, also if the link carried half as much as thought. While nothing is known of it, it is taken to be a thin one.
  bool surely_makes_it(std::size_t bytes, Instant deadline, Instant now) const;
  // Until when so many bytes may be handed over to a free link and still be answered by then.
  Instant latest_start(std::size_t bytes, Instant deadline) const;
  // How long a server may wait for further parts of a request whose first one, of so many bytes, is handed over now, if its answer is to
  // be here by then.
  Duration time_for_parts(std::size_t bytes, Instant deadline, Instant now) const;
  // What is known of the link is so old that one request should measure it again, though another route could answer. Without it a
  // single slow reply would keep a client off a link for good.
  bool is_stale(Instant now) const;
  // Of the next payload, by what the last ones came to; 0 while nothing is known.
  std::size_t expected_bytes() const;
  // How to make the next payload, so that it takes a fair part of the budget and no more.
  PayloadSetting setting() const { return setting_for(unit_bytes_); }
  // The same for a picture that comes to so many bytes at a relative size of 1; 0: nobody knows.
  PayloadSetting setting_for(double unit_bytes) const;
  // Of a payload with this setting, against one of full size that is quantised by an encoder's tables as they are.
  static double relative_size(const PayloadSetting& setting);
  bool is_smallest(const PayloadSetting& setting) const;

  // Requests that should be on their way: still on the link, or their replies on the way back. They take no place at the server. A
  // reply that is late is taken to be there still.
  std::uint32_t on_the_way(Instant now) const;
  std::optional<std::uint64_t> bytes_per_s() const;  // nullopt before the first reply
  // A reply has told of the link; a rate may be missing all the same, of one too fast to be measured.
  bool has_measured() const { return answer_bytes_ > 0; }

 private:
  struct Request {
    std::uint64_t id = 0;
    std::size_t bytes = 0;
    Instant handed;
    Instant leaves;  // the link, as far as known
  };

  std::size_t parts_of_first() const;  // how many messages the first request that is out came in; precondition: one is
  Duration on_link(std::size_t bytes) const;
  Duration until_reply() const;  // from when a request has left
  Duration next_transfer() const;
  Duration patience() const;   // with a reply that is late
  Instant overdue_at() const;  // from when the first reply that is out is late; precondition: one is out
  std::size_t payload_budget() const;
  Duration margin() const;  // by which a reply may be late
  void learn_rate(std::size_t bytes, Duration took, double trust);
  void plan();  // when each request leaves

  const PayloadBounds bounds_;
  const Duration budget_;

  std::vector<Request> under_way_;  // not known to have left, in order
  Instant last_left_ = Instant::min();
  Instant free_at_ = Instant::min();  // the link has carried all
  Instant last_reply_;

  double rate_ = 0;  // bytes a second; 0: unknown
  Duration round_trip_{0};
  Duration server_{0};
  Duration lateness_{0};  // of replies, from when they were expected
  Duration encode_{0};
  std::size_t answer_bytes_ = 0;
  double unit_bytes_ = 0;        // of a payload of relative size 1; 0: unknown, or no setting changes it
  std::size_t fixed_bytes_ = 0;  // of a payload that no setting changes
};

}  // namespace sluice::pipeline
