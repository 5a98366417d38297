// Flow control against a link that exists only here: first in first out at a rate, behind a delay, with a server that takes its
// time. More is offered than the link carries, the freshest input goes next.
#include "core/pipeline/flow.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <vector>

using namespace sluice;
using namespace sluice::pipeline;
using namespace std::chrono_literals;

namespace {

constexpr Duration kBudget = 2s;
constexpr Duration kStep = 1ms;
constexpr std::uint64_t kSeed = 7;

struct Link {
  double up_bytes_per_s = 125'000;
  double down_bytes_per_s = 125'000;
  Duration one_way{10ms};
  Duration server{20ms};
  Duration jitter{0};  // of the server and whatever else is not counted
  std::size_t answer_bytes = 200;
  std::size_t full_payload_bytes = 45'000;  // at quality 85
  Duration encode{6ms};
  Duration every{33ms};  // an input
  Duration stalled_from = Duration::max();
  Duration stalled_until = Duration::max();
};

struct Outcome {
  int sent = 0;
  int in_time = 0;
  int late = 0;  // the server computed them in vain
  std::size_t bytes_in_time = 0;
  std::size_t unsent_peak = 0;
  Duration oldest_answered{0};
  PayloadSetting last;
  double goodput = 0;  // after two seconds
};

// A message on its way: bytes that the link has still to carry, then when it is there.
struct Message {
  std::uint64_t id = 0;
  std::size_t bytes = 0;
  double to_carry = 0;
  Instant there;
};

class Run {
 public:
  Run(const Link& link, const PayloadBounds& bounds) : link_(link), flow_(bounds, kBudget), random_(kSeed) {
    flow_.connected(link.one_way * 2);
  }

  // Goes on from where it stood; the goodput is that of this part, without its first two seconds.
  Outcome play(Duration length) {
    counted_from_ = now_ + kWarmUp;
    outcome_.bytes_in_time = 0;
    for (const Instant end = now_ + length; now_ < end; now_ += kStep) {
      if ((now_ - Instant{}) % link_.every < kStep) newest_ = now_;
      carry(up_, link_.up_bytes_per_s);
      carry(down_, link_.down_bytes_per_s);
      while (!up_.empty() && up_.front().to_carry <= 0) arrive_at_server();
      while (!served_.empty() && served_.front().there <= now_) leave_server();
      while (!down_.empty() && down_.front().to_carry <= 0) pass_down();
      while (!arriving_.empty() && arriving_.front().there <= now_) reply();
      for (Sent& sent : sent_) expire(sent);
      start();
      send();
    }
    outcome_.goodput = static_cast<double>(outcome_.bytes_in_time) / (link_.up_bytes_per_s * seconds(length - kWarmUp));
    return outcome_;
  }

  FlowControl& flow() { return flow_; }
  void set_link(const Link& link) { link_ = link; }

 private:
  static constexpr Duration kWarmUp = 2s;

  struct Sent {
    std::uint64_t id = 0;
    std::size_t bytes = 0;
    Instant offered;
    bool given_up = false;
    bool answered = false;
  };

  static double seconds(Duration duration) { return static_cast<double>(duration.count()) * 1e-6; }

  bool stalled() const { return now_ >= Instant{link_.stalled_from} && now_ < Instant{link_.stalled_until}; }

  void carry(std::deque<Message>& queue, double bytes_per_s) {
    double credit = stalled() ? 0 : bytes_per_s * seconds(kStep);
    for (Message& message : queue) {
      const double carried = std::min(credit, message.to_carry);
      message.to_carry -= carried;
      credit -= carried;
      if (message.to_carry < 1e-6) message.to_carry = 0;
    }
  }

  void arrive_at_server() {
    Message message = up_.front();
    up_.pop_front();
    const auto noise = link_.jitter.count() == 0 ? 0 : static_cast<Duration::rep>(random_() % link_.jitter.count());
    message.there = now_ + link_.one_way + link_.server + Duration(noise);
    served_.push_back(message);
    std::sort(served_.begin(), served_.end(), [](const Message& a, const Message& b) { return a.there < b.there; });
  }

  void leave_server() {
    down_.push_back({served_.front().id, link_.answer_bytes, static_cast<double>(link_.answer_bytes), {}});
    served_.pop_front();
  }

  void pass_down() {
    down_.front().there = now_ + link_.one_way;
    arriving_.push_back(down_.front());
    down_.pop_front();
  }

  void reply() {
    const Message message = arriving_.front();
    arriving_.pop_front();
    flow_.replied(message.id, message.bytes, link_.server, now_);
    Sent& sent = sent_[message.id - 1];
    sent.answered = true;
    if (now_ > sent.offered + kBudget) {
      ++outcome_.late;
      return;
    }
    ++outcome_.in_time;
    outcome_.oldest_answered = std::max(outcome_.oldest_answered, now_ - sent.offered);
    if (now_ >= counted_from_) outcome_.bytes_in_time += sent.bytes;
  }

  void expire(Sent& sent) {
    if (sent.answered || sent.given_up || now_ <= sent.offered + kBudget) return;
    sent.given_up = true;
    flow_.given_up(sent.id, now_);
  }

  void start() {
    if (encoding_ || !newest_ || !flow_.has_room(0, now_)) return;
    if (!flow_.makes_it(flow_.expected_bytes(), *newest_ + kBudget, now_)) return;
    encoding_ = now_ + link_.encode;
    offered_ = *newest_;
    newest_.reset();
    outcome_.last = flow_.setting();
  }

  void send() {
    if (!encoding_ || *encoding_ > now_) return;
    encoding_.reset();
    // Files grow by about these powers; flow control assumes simpler ones.
    const double quantisation = 200.0 - 2.0 * outcome_.last.jpeg_quality;
    const double size = std::pow(30 / quantisation, 0.6) * std::pow(outcome_.last.scale, 1.7);
    const auto bytes = static_cast<std::size_t>(static_cast<double>(link_.full_payload_bytes) * size);
    flow_.encoded(outcome_.last, bytes, link_.encode);
    if (!flow_.makes_it(bytes, offered_ + kBudget, now_)) return;
    const std::uint64_t id = sent_.size() + 1;
    sent_.push_back({id, bytes, offered_});
    up_.push_back({id, bytes, static_cast<double>(bytes), {}});
    flow_.handed(id, bytes, now_);
    ++outcome_.sent;
    double unsent = 0;
    for (const Message& message : up_) unsent += message.to_carry;
    outcome_.unsent_peak = std::max(outcome_.unsent_peak, static_cast<std::size_t>(unsent));
  }

  Link link_;
  FlowControl flow_;
  std::mt19937_64 random_;
  Instant now_;
  Instant counted_from_;
  std::optional<Instant> newest_;
  std::optional<Instant> encoding_;  // ends then
  Instant offered_;                  // the input that is being encoded
  std::vector<Sent> sent_;
  std::deque<Message> up_, served_, down_, arriving_;
  Outcome outcome_;
};

Outcome play(const Link& link, const PayloadBounds& bounds = {}, Duration length = 60s) {
  return Run(link, bounds).play(length);
}

}  // namespace

TEST_CASE("what a thin link carries is answered in time, whatever its rate and round trip") {
  for (const double bits_per_s : {270e3, 1e6, 2e6, 6e6}) {
    for (const Duration round_trip : {Duration(20ms), Duration(200ms)}) {
      for (const Duration jitter : {Duration(0), Duration(15ms)}) {
        Link link;
        link.up_bytes_per_s = link.down_bytes_per_s = bits_per_s / 8;
        link.one_way = round_trip / 2;
        link.jitter = jitter;
        link.every = bits_per_s > 5e6 ? Duration(30ms) : Duration(66ms);
        const Outcome outcome = play(link);
        CAPTURE(bits_per_s);
        CAPTURE(round_trip.count());
        CAPTURE(jitter.count());
        CHECK(outcome.goodput > 0.95);
        CHECK(outcome.late == 0);
        CHECK(outcome.unsent_peak < 100'000);
      }
    }
  }
}

TEST_CASE("a link that becomes thinner or wider is followed") {
  Link link;
  link.up_bytes_per_s = link.down_bytes_per_s = 250'000;
  Run run(link, {});
  const Outcome wide = run.play(20s);
  CHECK(wide.last.jpeg_quality == 85);
  link.up_bytes_per_s = link.down_bytes_per_s = 33'750;
  run.set_link(link);
  const Outcome thin = run.play(40s);
  // What was under way when the rate fell may come late; then everything is in time again.
  CHECK(thin.late - wide.late <= 2);
  CHECK(thin.goodput > 0.9);
  CHECK(thin.last.jpeg_quality < 80);
  link.up_bytes_per_s = link.down_bytes_per_s = 250'000;
  run.set_link(link);
  const Outcome again = run.play(20s);
  CHECK(again.late == thin.late);
  CHECK(again.goodput > 0.9);
  CHECK(again.last.jpeg_quality == 85);
}

TEST_CASE("nothing is added to a link that stands still, and it is used again when it comes back") {
  Link link;
  link.stalled_from = 10s;
  link.stalled_until = 70s;
  Run run(link, {});
  const Outcome before = run.play(10s);
  CHECK(before.late == 0);
  const Outcome during = run.play(60s);
  CHECK(during.sent - before.sent <= 2);
  link.stalled_from = link.stalled_until = Duration::max();
  run.set_link(link);
  const Outcome after = run.play(30s);
  CHECK(after.late <= 4);  // those that were under way, and those that were tried meanwhile
  CHECK(after.goodput > 0.85);
}

TEST_CASE("a link that can carry no request in time is tried now and then, one request at a time") {
  Link link;
  link.up_bytes_per_s = link.down_bytes_per_s = 2'000;  // 45 kB take 22 s
  const PayloadBounds fixed{85, 85, 1};
  Run run(link, fixed);
  const Outcome hopeless = run.play(120s);
  CHECK(hopeless.in_time == 0);
  CHECK(hopeless.sent >= 2);
  CHECK(hopeless.sent <= 6);
  CHECK(hopeless.unsent_peak <= 45'000);
  link.up_bytes_per_s = link.down_bytes_per_s = 125'000;
  run.set_link(link);
  CHECK(run.play(60s).goodput > 0.8);
}

TEST_CASE("quality goes before size, within the bundle's bounds") {
  Link link;
  link.up_bytes_per_s = link.down_bytes_per_s = 8'000;
  const Outcome outcome = play(link, {50, 80, 0.25F});
  CHECK(outcome.last.jpeg_quality == 50);
  CHECK(outcome.last.scale < 0.9F);
  CHECK(outcome.last.scale >= 0.25F);
  CHECK(outcome.goodput > 0.85);
  link.up_bytes_per_s = link.down_bytes_per_s = 33'750;
  const Outcome wider = play(link, {50, 80, 0.25F});
  CHECK(wider.last.jpeg_quality > 50);
  CHECK(wider.last.jpeg_quality <= 80);
  CHECK(wider.last.scale == 1);
}

TEST_CASE("a link of any speed and a budget of any length leave the best quality") {
  for (const Duration budget : {Duration(2s), Duration(600s)}) {
    CAPTURE(budget.count());
    FlowControl flow({}, budget);
    flow.connected(1us);
    const Instant start{1s};
    flow.encoded(PayloadSetting{85, 1}, 100'000, 1ms);
    flow.handed(1, 100'000, start);
    flow.replied(1, 100, 0us, start + 10us);
    REQUIRE(*flow.bytes_per_s() > 4'000'000'000U);
    CHECK(flow.setting() == PayloadSetting{PayloadBounds{}.max_jpeg_quality, 1});
  }
}

TEST_CASE("answers larger than their requests pace the requests") {
  Link link;
  link.answer_bytes = 90'000;
  const Outcome outcome = play(link);
  CHECK(outcome.late == 0);
  CHECK(outcome.in_time > 0.8 * 60 * 125'000 / 90'000);
}

TEST_CASE("the server's and the machine's noise costs little") {
  Link link;
  link.up_bytes_per_s = link.down_bytes_per_s = 750'000;
  link.jitter = 80ms;
  const Outcome outcome = play(link);
  CHECK(outcome.goodput > 0.9);
  CHECK(outcome.late == 0);
}

TEST_CASE("before the first reply little is under way, and a request that never left doesn't count") {
  FlowControl flow({}, kBudget);
  const Instant start{1s};
  CHECK(flow.has_room(0, start));
  CHECK_FALSE(flow.bytes_per_s().has_value());
  flow.handed(1, 1'000, start);
  CHECK(flow.has_room(0, start));
  flow.withdrawn(1);
  flow.handed(2, 20'000, start);
  CHECK(flow.room_at(0, start) > start + kBudget);
  flow.withdrawn(2);
  CHECK(flow.has_room(0, start));
  flow.handed(3, 10'000, start);
  flow.replied(3, 0, 100ms, start + 200ms);
  REQUIRE(flow.bytes_per_s().has_value());
  CHECK(*flow.bytes_per_s() == 100'000);
  CHECK(flow.has_room(0, start + 200ms));
}

TEST_CASE("a reply tells that all requests before it have left, in whatever order they come") {
  FlowControl flow({}, kBudget);
  const Instant start{1s};
  for (std::uint64_t id = 1; id <= 4; ++id) flow.handed(id, 10'000, start);
  flow.replied(3, 0, 0ms, start + 300ms);
  CHECK(*flow.bytes_per_s() == 100'000);
  CHECK(flow.on_the_way(start + 300ms) == 1);
  flow.replied(1, 0, 250ms, start + 310ms);
  CHECK(*flow.bytes_per_s() == 100'000);
  flow.connected(20ms);
  CHECK(flow.on_the_way(start + 300ms) == 0);
}

TEST_CASE("a request is on its way until it has arrived, and again once its reply should be coming") {
  FlowControl flow({}, kBudget);
  flow.connected(200ms);
  const Instant start{1s};
  flow.handed(1, 10'000, start);
  CHECK(flow.on_the_way(start + 250ms) == 0);  // nothing is known of the server's time yet
  flow.replied(1, 0, 50ms, start + 350ms);     // 100 ms on the link
  const Instant then = start + 1s;
  flow.handed(2, 10'000, then);
  CHECK(flow.on_the_way(then + 199ms) == 1);  // on the link, then half a round trip
  CHECK(flow.on_the_way(then + 201ms) == 0);  // at the server
  CHECK(flow.on_the_way(then + 249ms) == 0);
  CHECK(flow.on_the_way(then + 251ms) == 1);
  CHECK(flow.on_the_way(then + 349ms) == 1);
  CHECK(flow.on_the_way(then + 400ms) == 0);  // late: it may be there still
}

TEST_CASE("replies that never come end nothing: one more request is tried when they are late by a budget") {
  for (const bool known : {false, true}) {
    CAPTURE(known);
    FlowControl flow({}, kBudget);
    flow.connected(20ms);
    Instant now{1s};
    std::uint64_t id = 0;
    if (known) {
      flow.handed(++id, 10'000, now);
      flow.replied(id, 200, 5ms, now += 100ms);
    }
    for (int lost = 0; lost < 3; ++lost) {
      flow.handed(++id, 20'000, now);
      now += 1s;
      CHECK_FALSE(flow.has_room(0, now));
      const Instant again = flow.room_at(0, now);
      REQUIRE(again < now + 2 * kBudget);
      now = again;
      CHECK(flow.has_room(0, now));
      CHECK_FALSE(flow.has_room(1, now));
    }
    flow.handed(++id, 20'000, now);
    flow.replied(id, 200, 5ms, now += 200ms);
    CHECK(flow.has_room(0, now));
    CHECK(flow.makes_it(20'000, now + kBudget, now));
  }
}

TEST_CASE("a server that claims to have worked for years is not believed") {
  FlowControl flow({}, kBudget);
  flow.connected(20ms);
  Instant now{1s};
  flow.handed(1, 10'000, now);
  flow.replied(1, 200, Duration(1'000'000'000'000'000), now += 100ms);
  for (std::uint64_t id = 2; id < 6; ++id) {
    flow.handed(id, 10'000, now);
    flow.replied(id, 200, 10ms, now += 100ms);
  }
  CHECK(flow.has_room(0, now));
  CHECK(flow.makes_it(10'000, now + kBudget, now));
}

TEST_CASE("a reply from before its request, as after a clock that jumped back, is not learnt from") {
  FlowControl flow({}, kBudget);
  const Instant start = Instant{} + 100s;
  flow.connected(20ms);
  flow.handed(1, 10'000, start);
  flow.replied(1, 200, 10ms, start + 130ms);
  const auto rate = flow.bytes_per_s();
  REQUIRE(rate.has_value());
  const Duration round_trip = flow.known_round_trip();
  flow.handed(2, 10'000, start + 1s);
  flow.replied(2, 200, 10ms, start - 50s);
  CHECK(flow.bytes_per_s() == rate);
  CHECK(flow.known_round_trip() == round_trip);
  CHECK(round_trip > 0ms);
}

TEST_CASE(
    "a link that carries nothing is waited for as long again as its reply is overdue, one that is free not at all") {
  FlowControl flow({}, kBudget);
  flow.connected(20ms);
  const Instant start{};
  flow.handed(1, 10'000, start);
  flow.replied(1, 200, 10ms, start + 130ms);
  CHECK(flow.waits_for_link(start + 200ms, start + 200ms) == 0ms);
  flow.handed(2, 10'000, start + 200ms);
  CHECK(flow.waits_for_link(start + 200ms, start + 200ms) > 50ms);  // for the one before it
  const Duration late = flow.waits_for_link(start + 10s, start + 10s);
  CHECK(late > 8s);
  CHECK(flow.waits_for_link(start + 20s, start + 20s) == late + 10s);
}
