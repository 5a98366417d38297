// Features over a link that exists only here, first in first out at a rate that may change, to a session whose driver gathers parts as
// the server does: how many channels come in time, in how many messages.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <numeric>
#include <vector>

#include "core/pipeline/client.hpp"
#include "core/pipeline/session.hpp"
#include "core/pipeline/split_route.hpp"
#include "core/wire/codec.hpp"
#include "tests/core/pipeline/bundle_list.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace std::chrono_literals;

namespace {

constexpr Duration kStep = 1ms;
constexpr std::size_t kSocketTakes = 14 << 10;  // what a new connection has under way
constexpr Duration kDeviceHalf = 4ms;
constexpr Duration kRemoteHalf = 5ms;
constexpr Duration kKeptForTheAnswer = 10ms;  // of a budget, beside the remote half

struct Link {
  std::function<double(Duration)> bytes_per_s;
  Duration one_way = 10ms;
  std::uint32_t budget_ms = 2000;
  std::size_t channels = 20;
  std::size_t channel_bytes = 1000;
  Duration every = 33ms;
  bool parts = true;  // the server takes them
};

double rate(double kilobits_per_s) { return kilobits_per_s * 125; }

struct Outcome {
  std::vector<int> channels;  // of each answer, in order
  std::vector<Duration> took;
  std::vector<int> messages;  // of each request that was made
  int failed = 0;
};

class Scene {
 public:
  explicit Scene(const Link& link) : link_(link), client_(make_client(link)), session_(served_, {}, now_) {}

  Outcome play(Duration length) {
    client_.start(now_);
    settle();
    for (const Instant end = now_ + length; now_ < end; now_ += kStep) {
      if ((now_ - Instant{}) % link_.every < kStep) offer();
      carry();
      run_due();
      client_.tick(now_);
      session_.tick(now_);
      settle();
    }
    for (const auto& [id, count] : messages_) outcome_.messages.push_back(count);
    return outcome_;
  }

 private:
  struct Message {
    std::string bytes;
    double to_carry = 0;
    bool reported = false;
  };
  struct Open {
    std::size_t bytes = 0;
    bool closed = false;
  };

  static Client make_client(const Link& link) {
    static Manifest manifest;
    manifest = Manifest{};
    manifest.name = "halves";
    manifest.version = "1";
    manifest.model.part = "model";
    input::ImageSpec picture;
    picture.width = 4;
    picture.height = 2;
    manifest.model.input = picture;
    manifest.model.output.decoder = "none";
    manifest.agree_when.rule = "label";
    manifest.default_target = 0.9F;
    manifest.split = SplitSpec{"device", "remote", {}, {{0.5F, 2}, {0.9F, static_cast<std::uint32_t>(link.channels)}}};
    ClientOptions options;
    options.budget_ms = link.budget_ms;
    return Client(manifest, {}, options, nullptr, {[&link](RouteHost& host, RemoteRoute* remote) {
                    return std::make_unique<SplitRoute>(host, remote, *manifest.split,
                                                        std::vector<float>(link.channels + 1, 0.5F));
                  }});
  }

  void offer() {
    const auto id = client_.offer(picture_, now_);
    REQUIRE(id);
    offered_[*id] = now_;
    settle();
  }

  void settle() {
    for (bool moved = true; moved;) {
      moved = false;
      while (auto event = client_.next_event()) {
        moved = true;
        on(*event);
      }
      while (const std::string* message = client_.next_message()) {
        moved = true;
        count(*message);
        up_.push_back({*message, static_cast<double>(message->size())});
      }
      while (auto event = session_.next_event()) {
        moved = true;
        on(*event);
      }
      while (auto message = session_.next_message()) {
        moved = true;
        session_.sent(message->size());
        at(now_ + link_.one_way, [this, bytes = *std::move(message)] { client_.receive(as_bytes(bytes), now_); });
      }
    }
  }

  void on(ClientEvent& event) {
    if (std::holds_alternative<ConnectWanted>(event)) {
      at(now_, [this] { client_.connected(now_); });
    } else if (const auto* wanted = std::get_if<RunWanted>(&event)) {
      at(now_ + kDeviceHalf,
         [this, attempt = wanted->attempt] { client_.submit(attempt, device_half(), kDeviceHalf, now_); });
    } else if (const auto* answered = std::get_if<Answered>(&event)) {
      outcome_.channels.push_back(answered->answer.outputs.at(1).tensor.as<std::int32_t>()[0]);
      outcome_.took.push_back(now_ - offered_.at(answered->answer.input));
    } else if (const auto* failed = std::get_if<InputFailed>(&event)) {
      if (failed->failed.error.code != ErrorCode::kSuperseded) ++outcome_.failed;
    }
  }

  void on(SessionEvent& event) {
    if (const auto* accepted = std::get_if<RequestAccepted>(&event)) {
      open_[accepted->id].bytes = accepted->request.payload.size();
      if (!accepted->request.parts_follow) return close(accepted->id);
      at(accepted->deadline - kRemoteHalf - kKeptForTheAnswer, [this, id = accepted->id] {
        session_.close_parts(id);
        close(id);
      });
    } else if (const auto* part = std::get_if<PartArrived>(&event)) {
      open_[part->id].bytes += part->payload.size();
      if (part->last) close(part->id);
    }
  }

  void close(std::uint64_t id) {
    if (std::exchange(open_[id].closed, true)) return;
    at(now_ + kRemoteHalf, [this, id] {
      const std::array<float, 2> logits{0, 1};
      const std::array<std::int32_t, 1> channels{static_cast<std::int32_t>(open_[id].bytes / link_.channel_bytes)};
      std::vector<OutputTensor> outputs;
      outputs.push_back({"out", *Tensor::copy_of(*view_of(std::span<const float>(logits), {1, 2}))});
      outputs.push_back({"channels", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(channels), {1}))});
      session_.complete(id, outputs, {0ms, 0ms, kRemoteHalf}, AnswerKind::kSplit, now_);
    });
  }

  std::vector<OutputTensor> device_half() const {
    const std::array<float, 2> guess{1, 0};
    const std::vector<std::uint8_t> features(link_.channels * link_.channel_bytes);
    std::vector<std::int32_t> ends;
    for (std::size_t i = 1; i <= link_.channels; ++i)
      ends.push_back(static_cast<std::int32_t>(i * link_.channel_bytes));
    std::vector<OutputTensor> outputs;
    outputs.push_back({"logits", *Tensor::copy_of(*view_of(std::span<const float>(guess), {1, 2}))});
    outputs.push_back({"features", *Tensor::copy_of(*view_of(std::span<const std::uint8_t>(features),
                                                             {static_cast<std::int64_t>(features.size())}))});
    outputs.push_back({"ends", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(ends),
                                                         {static_cast<std::int64_t>(ends.size())}))});
    return outputs;
  }

  void count(const std::string& bytes) {
    const auto message = wire::decode(as_bytes(bytes));
    REQUIRE(message);
    if (const auto* request = std::get_if<wire::Request>(&*message)) messages_[request->id] = 1;
    if (const auto* part = std::get_if<wire::Part>(&*message)) ++messages_[part->request_id];
  }

  // What a step carries, and what the socket reports as gone.
  void carry() {
    double can = link_.bytes_per_s(now_ - Instant{}) * std::chrono::duration<double>(kStep).count();
    while (!up_.empty() && can > 0) {
      const double carried = std::min(can, up_.front().to_carry);
      can -= carried;
      up_.front().to_carry -= carried;
      if (up_.front().to_carry > 0) break;
      report(up_.front());
      at(now_ + link_.one_way, [this, bytes = up_.front().bytes] { session_.receive(strip(bytes), now_); });
      up_.pop_front();
    }
    double behind = 0;
    for (Message& message : up_) {
      behind += message.to_carry;
      if (behind <= static_cast<double>(kSocketTakes)) report(message);
    }
  }

  void report(Message& message) {
    if (!std::exchange(message.reported, true)) client_.sent(message.bytes.size(), now_);
  }

  // A server without the feature is one that was not told of it.
  std::string strip(const std::string& bytes) const {
    auto message = wire::decode(as_bytes(bytes));
    auto* hello = message ? std::get_if<wire::Hello>(&*message) : nullptr;
    if (hello == nullptr || link_.parts) return bytes;
    hello->features &= ~wire::kFeatureParts;
    std::string old;
    wire::encode(*message, old);
    return old;
  }

  void at(Instant when, std::function<void()> what) { timeline_.emplace(when, std::move(what)); }

  void run_due() {
    while (!timeline_.empty() && timeline_.begin()->first <= now_) {
      const auto what = std::move(timeline_.begin()->second);
      timeline_.erase(timeline_.begin());
      what();
      settle();
    }
  }

  const Link link_;
  const testing::BundleList served_ = {{"halves", "1", {"data"}, {wire::Encoding::kSplit, wire::Encoding::kJpeg}}};
  const std::array<std::uint8_t, 24> pixels_{};
  const input::ImageView picture_{input::PixelFormat::kRgb8, 4, 2, {{{pixels_.data(), 12}, {}, {}}}};
  Instant now_{};
  Client client_;
  Session session_;
  std::deque<Message> up_;
  std::multimap<Instant, std::function<void()>> timeline_;
  std::map<std::uint64_t, Open> open_;
  std::map<InputId, Instant> offered_;
  std::map<std::uint64_t, int> messages_;
  Outcome outcome_;
};

Outcome play(const Link& link, Duration length) { return Scene(link).play(length); }

auto steady(double kilobits_per_s) {
  return [=](Duration) { return rate(kilobits_per_s); };
}

// Each input that was answered or had to be: those without an answer count as 0, as do guesses.
double mean_channels(const Outcome& outcome) {
  const auto inputs = static_cast<double>(outcome.channels.size()) + outcome.failed;
  return std::accumulate(outcome.channels.begin(), outcome.channels.end(), 0.0) / inputs;
}

// From an input's offer to its answer, once the connection stands.
double mean_ms(const Outcome& outcome) {
  const Duration sum = std::accumulate(outcome.took.begin() + 3, outcome.took.end(), Duration{0});
  return std::chrono::duration<double, std::milli>(sum).count() / static_cast<double>(outcome.took.size() - 3);
}

int without_features(const Outcome& outcome) {
  return outcome.failed + static_cast<int>(std::ranges::count(outcome.channels, 0));
}

struct Pair {
  Outcome whole;
  Outcome parts;
};

Pair play_both(Link link, Duration length = 10s) {
  link.parts = false;
  Pair both{play(link, length), {}};
  link.parts = true;
  both.parts = play(link, length);
  return both;
}

}  // namespace

TEST_CASE("on a link that is fast enough all channels go in one message, and no later than without parts") {
  for (const auto& [kilobits_per_s, budget_ms] : std::vector<std::pair<double, std::uint32_t>>{
           {50'000, 150}, {50'000, 2000}, {6000, 150}, {6000, 300}, {6000, 2000}, {2000, 300}, {2000, 2000}}) {
    CAPTURE(kilobits_per_s);
    CAPTURE(budget_ms);
    Link link{steady(kilobits_per_s)};
    link.budget_ms = budget_ms;
    const auto [whole, parts] = play_both(link);
    CHECK(std::ranges::all_of(parts.messages, [](int count) { return count == 1; }));
    // The first inputs come while there is no connection yet, or nothing is known of it.
    CHECK(std::all_of(parts.channels.begin() + 3, parts.channels.end(), [](int channels) { return channels == 20; }));
    CHECK(parts.channels.size() >= whole.channels.size());
    CHECK(mean_ms(parts) <= mean_ms(whole) + 1);
    CHECK(parts.failed == 0);
  }
}

TEST_CASE("on a thin link with a tight deadline those channels come that it carries, in time") {
  Link link{steady(270)};
  link.budget_ms = 150;  // 100 ms of it for the features: three channels and no more
  const auto tight = play_both(link).parts;
  // The first waits for the connection, and what it sends keeps the link, of which nothing is known, from the next.
  CHECK(without_features(tight) <= 2);
  CHECK(mean_channels(tight) > 1.3);
  CHECK(std::ranges::max(tight.channels) <= 3);
  link.budget_ms = 300;
  const auto [whole, parts] = play_both(link);
  CHECK(without_features(parts) <= 1);
  CHECK(without_features(whole) > 5);
  CHECK(mean_channels(parts) > mean_channels(whole));
  CHECK(std::ranges::max(parts.channels) < 10);
}

TEST_CASE("where the deadline cuts the features off, parts leave hardly an input without any") {
  for (const double kilobits_per_s : {1000.0, 2000.0}) {
    Link link{steady(kilobits_per_s)};
    link.budget_ms = 150;
    const auto [whole, parts] = play_both(link);
    CHECK(without_features(parts) <= 1);
    CHECK(without_features(parts) < without_features(whole));
    CHECK(mean_channels(parts) > 0.85 * mean_channels(whole));  // further messages cost a little
    CHECK(std::ranges::max(parts.messages) > 2);
  }
}

TEST_CASE("a link that becomes thin under way is survived by what arrived before, and one that becomes fast is used") {
  Link link;
  link.budget_ms = 300;
  link.bytes_per_s = [](Duration time) { return rate(time % 2s < 1s ? 270 : 1000); };
  const auto changing = play_both(link, 30s);
  CHECK(without_features(changing.parts) < without_features(changing.whole));
  CHECK(mean_channels(changing.parts) > mean_channels(changing.whole));
  link.bytes_per_s = [](Duration time) { return rate(time < 5s ? 270 : 6000); };
  const auto faster = play_both(link, 15s);
  CHECK(without_features(faster.parts) <= 1);
  CHECK(std::equal(faster.parts.channels.end() - 250, faster.parts.channels.end(), faster.whole.channels.end() - 250));
  CHECK(std::equal(faster.parts.messages.end() - 250, faster.parts.messages.end(), faster.whole.messages.end() - 250));
}
