#include "native/simulate/choice/choosing_client.hpp"

#include <algorithm>

namespace sluice::simulate {
namespace {

constexpr double kFirstBytesPerS = 125'000;
constexpr double kOfTheLatestWait = 0.1;
constexpr double kRarely = 0.05;  // what happens no more often is beyond the high quantile

Instant instant_of(double ms) { return Instant(Duration(static_cast<std::int64_t>(ms * 1e3))); }

}  // namespace

// The handshake has told the round trip.
ChoosingClient::ChoosingClient(const ChoiceSetup& setup, const ChoiceWorld& world)
    : setup_(setup), world_(world), link_(setup.world.round_trip_ms, kFirstBytesPerS) {
  for (const AnswerColumn& column : setup.table->columns) kinds_.push_back(*parse_answer_kind(column.kind));
}

void ChoosingClient::sent(double bytes, const RoundTrip& trip, std::optional<Check> checks) {
  under_way_.push_back({bytes, trip, checks});
  last_sent_ms_ = trip.sent_ms;
}

void ChoosingClient::compared(const Check& check) {
  corrections_[static_cast<std::size_t>(check.kind)].observe(check.expected, check.wrong);
}

void ChoosingClient::catch_up(double now_ms) {
  while (!under_way_.empty() && under_way_.front().trip.answered_ms <= now_ms) {
    const UnderWay& one = under_way_.front();
    const double server_ms = one.trip.waited_ms + one.trip.served_ms;
    link_.observe({static_cast<std::size_t>(one.bytes), instant_of(one.trip.sent_ms), instant_of(one.trip.answered_ms),
                   Duration(static_cast<std::int64_t>(server_ms * 1e3))});
    if (one.trip.served_ms > 0) {
      queue_ms_.add(one.trip.waited_ms);
      queue_mean_ms_ += kOfTheLatestWait * (one.trip.waited_ms - queue_mean_ms_);
    }
    if (one.check) compared(*one.check);
    under_way_.pop_front();
  }
  if (under_way_.empty()) return;
  const UnderWay& oldest = under_way_.front();
  link_.waited(static_cast<std::size_t>(oldest.bytes), instant_of(oldest.trip.sent_ms), instant_of(now_ms));
}

adapt::TimeEstimate ChoosingClient::remote_time(double now_ms, double bytes, double server_ms) const {
  const adapt::TimeEstimate queue{queue_mean_ms_, std::max(queue_mean_ms_, queue_ms_.at(adapt::kHighQuantile, 0))};
  const double waits = std::max(world_.link_free_ms() - now_ms, 0.0);
  return adapt::in_sequence(
      {link_.predict(static_cast<std::size_t>(bytes)), queue, {waits + server_ms, waits + server_ms}});
}

void ChoosingClient::add_options(double now_ms, const std::vector<AnswerEstimate>& estimates, bool half_done,
                                 std::vector<adapt::AnswerOption>& options) const {
  const double waits = std::max(world_.device_free_ms() - now_ms, 0.0);
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    const AnswerEstimate& estimate = estimates[i];
    const AnswerColumn& column = setup_.table->columns[i];
    const bool done = half_done && column.name.starts_with("split-");
    adapt::AnswerOption option;
    option.kind = kinds_[i];
    option.setting = static_cast<std::uint32_t>(i);
    option.full_model = option.kind == adapt::AnswerKind::kRunHere || option.kind == adapt::AnswerKind::kSendWhole;
    option.error = corrected(option.kind, estimate.error);
    option.bytes = estimate.bytes;
    option.device_cost = done ? 0 : world_.device_ms(estimate.device_kmac, estimate.device_us);
    option.server_ms = world_.server_ms(estimate.server_kmac, estimate.server_us);
    const double high = done ? 0 : world_.device_ms(estimate.high_device_kmac, estimate.device_us);
    option.time = {waits + option.device_cost, waits + std::max(high, option.device_cost)};
    if (estimate.sent_share > 0) {
      const auto remote =
          remote_time(now_ms, estimate.bytes / estimate.sent_share, option.server_ms / estimate.sent_share);
      const auto whole = adapt::in_sequence({option.time, remote});
      option.time.mean_ms += estimate.sent_share * remote.mean_ms;
      option.time.p95_ms =
          std::max(option.time.mean_ms, estimate.sent_share > kRarely ? whole.p95_ms : option.time.p95_ms);
    }
    options.push_back(option);
  }
}

}  // namespace sluice::simulate
