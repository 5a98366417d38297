#include "core/pipeline/flow.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::pipeline {
namespace {

using namespace std::chrono_literals;

// What a sample is worth: replies come some milliseconds late, which is much of a short transfer and little of a long one. A
// sample over this time counts half. Between two replies delays cancel out; of a request that found the link free they all
// count, and make the link seem thinner than it is.
constexpr double kHalfTrusted_s = 0.15;
constexpr double kFreeLinkTrust = 0.5;
constexpr std::size_t kFirstBytes =
    16 << 10;                       // may be under way before anything is known, as a new TCP connection sends
constexpr double kLeastRate = 16;   // bytes a second; a link that carries less is as good as none
constexpr double kMostBytes = 1e9;  // of a payload: more than any is, and fits a size_t of 32 bits

// A transfer should take this part of an input's budget: the rest is for the round trip, the server, and the wait before it.
constexpr double kBudgetShare = 0.5;
// How far before the link is free the next payload is made: enough to bridge a wrong estimate, little of an input's age. What
// replies are late by comes on top.
constexpr Duration kLeastLead = 50ms;
constexpr int kLeadPart = 16;  // of a budget that is short: what waits ages
constexpr Duration kMostLead = 250ms;
constexpr double kLeadShare = 0.2;  // of a transfer
constexpr Duration kLeastMargin = 20ms;
constexpr int kSparePart = 16;    // of a transfer, by which it may take longer than expected
constexpr int kMostLateness = 8;  // of the budget's parts: a reply that a stall held up tells nothing of the next ones
constexpr Duration kOverdueGrace = 100ms;  // and a quarter of a transfer
// With a reply that is late. Behind what a slow link still has to carry the replies are, and would tell how slow it is.
constexpr Duration kLeastPatience = 1s;
// On a link that seems too thin for any request one is tried so often, since it may have become better.
constexpr Duration kProbeEvery = 1s;
// Where another route can answer, trying costs that input its answer if the link is as thin as thought: more seldom.
constexpr Duration kStaleAfter = 5s;

// What a link of which nothing is known carries: that of a watch.
constexpr double kThinLink = 270'000.0 / 8;

constexpr float kScaleSteps = 8;

Duration from_seconds(double seconds) {
  constexpr double kMost = 3600;
  return Duration(static_cast<Duration::rep>(std::min(seconds, kMost) * 1e6));
}

double in_seconds(Duration duration) { return static_cast<double>(duration.count()) * 1e-6; }

std::size_t to_bytes(double bytes) { return static_cast<std::size_t>(std::min(bytes, kMostBytes)); }

Duration smoothed(Duration old, Duration sample) { return old + (sample - old) / 4; }

// The factor by which a JPEG encoder of this quality scales its quantisation tables, in percent.
double quantisation(std::uint32_t quality) {
  const double q = std::clamp(quality, 1U, 99U);
  return q >= 50 ? 200 - 2 * q : 5000 / q;
}

std::uint32_t quality_of(double quantisation) {
  const double q = quantisation <= 100 ? (200 - quantisation) / 2 : 5000 / quantisation;
  return static_cast<std::uint32_t>(std::clamp(q, 1.0, 100.0));
}

}  // namespace

// Sizes of JPEG files go about with the root of the quantisation and with the area. Being wrong costs one payload: the next
// is judged by what this one came to.
double FlowControl::relative_size(const PayloadSetting& setting) {
  const double side = setting.scale;
  return side * side / std::sqrt(quantisation(setting.jpeg_quality));
}

FlowControl::FlowControl(const PayloadBounds& bounds, Duration budget) : bounds_(bounds), budget_(budget) {}

void FlowControl::connected(Duration round_trip) {
  under_way_.clear();
  last_left_ = free_at_ = Instant::min();
  round_trip_ = round_trip;
}

void FlowControl::round_trip(Duration took) { round_trip_ = std::min(round_trip_, took); }

void FlowControl::handed(std::uint64_t request, std::size_t bytes, Instant now) {
  while (!under_way_.empty() && now >= overdue_at() + patience()) {  // it has left, or never will
    last_left_ = std::max(last_left_, std::min(under_way_.front().leaves, now));
    under_way_.erase(under_way_.begin());
  }
  under_way_.push_back({request, bytes, now, now});
  plan();
}

void FlowControl::withdrawn(std::uint64_t request) {
  std::erase_if(under_way_, [&](const Request& one) { return one.id == request; });
  plan();
}

void FlowControl::replied(std::uint64_t request, std::size_t bytes, std::optional<Duration> server_time, Instant now) {
  last_reply_ = now;
  if (under_way_.empty() || request < under_way_.front().id) return;  // a later one was answered before
  // Everything up to this request has left. Behind another one the larger direction sets the pace; a link that was free
  // carried the request and then its answer.
  const Instant begun = std::max(last_left_, under_way_.front().handed);
  const bool was_free = begun > last_left_;
  std::size_t carried = was_free ? bytes : 0;
  Request last;
  auto one = under_way_.begin();
  for (; one != under_way_.end() && one->id <= request; ++one) {
    carried += was_free ? one->bytes : std::max(one->bytes, bytes);
    last = *one;
  }
  under_way_.erase(under_way_.begin(), one);
  if (!server_time || now < last.handed) {
    last_left_ = std::max(last_left_, std::min(last.leaves, now));
    return plan();
  }
  // A server cannot have worked on it for longer than it was away.
  server_time = std::clamp(*server_time, Duration::zero(), std::max(now - last.handed, Duration::zero()));
  const bool is_first = rate_ == 0;
  answer_bytes_ = is_first ? bytes : answer_bytes_ + bytes / 4 - answer_bytes_ / 4;
  round_trip_ = std::clamp(now - last.handed - *server_time, Duration::zero(), round_trip_);
  const Instant here = now - *server_time - round_trip_;
  const Duration took = (was_free ? here : here - on_link(bytes)) - begun;
  if (!is_first) {
    const Duration late = now - (last.leaves + until_reply());
    lateness_ = smoothed(lateness_, std::clamp<Duration>(late, 0ms, budget_ / kMostLateness));
  }
  server_ = is_first ? *server_time : smoothed(server_, *server_time);
  if (took > Duration::zero()) learn_rate(carried, took, was_free ? kFreeLinkTrust : 1);
  last_left_ = std::max(here - on_link(bytes), begun);
  plan();
}

void FlowControl::given_up(std::uint64_t request, Instant now) {
  if (under_way_.empty() || under_way_.front().id != request) return;
  // It is still on its way, so the link is no faster than this.
  const Duration took = now - std::max(last_left_, under_way_.front().handed) - round_trip_ - server_;
  if (took <= Duration::zero()) return;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < parts_of_first(); ++i) bytes += under_way_[i].bytes;
  const double most = static_cast<double>(bytes) / in_seconds(took);
  if (rate_ > 0 && rate_ <= most) return;
  rate_ = std::max(most, kLeastRate);
  plan();
}

void FlowControl::encoded(std::optional<PayloadSetting> setting, std::size_t bytes, Duration took) {
  encode_ = encode_ == Duration::zero() ? took : smoothed(encode_, took);
  if (!setting) {
    unit_bytes_ = 0;
    fixed_bytes_ = bytes;
    return;
  }
  const double unit = static_cast<double>(bytes) / relative_size(*setting);
  // A payload that grew is believed at once: the next one must fit.
  unit_bytes_ = unit > unit_bytes_ ? unit : unit_bytes_ + (unit - unit_bytes_) / 4;
}

void FlowControl::learn_rate(std::size_t bytes, Duration took, double trust) {
  const double seconds = in_seconds(took);
  const double sample = std::max(static_cast<double>(bytes) / seconds, kLeastRate);
  rate_ = rate_ == 0 ? sample : rate_ + (sample - rate_) * trust * seconds / (seconds + kHalfTrusted_s);
}

void FlowControl::plan() {
  free_at_ = last_left_;
  for (Request& one : under_way_) {
    one.leaves = free_at_ = std::max(free_at_, one.handed) + on_link(std::max(one.bytes, answer_bytes_));
  }
}

std::size_t FlowControl::parts_of_first() const {
  const auto same = [&](const Request& one) { return one.id == under_way_.front().id; };
  return static_cast<std::size_t>(std::find_if_not(under_way_.begin(), under_way_.end(), same) - under_way_.begin());
}

Duration FlowControl::on_link(std::size_t bytes) const {
  return rate_ > 0 ? from_seconds(static_cast<double>(bytes) / rate_) : Duration::zero();
}

Duration FlowControl::until_reply() const { return round_trip_ + server_ + on_link(answer_bytes_); }

Duration FlowControl::next_transfer() const { return on_link(std::max(expected_bytes(), answer_bytes_)); }

Duration FlowControl::patience() const { return std::max(budget_, kLeastPatience); }

Instant FlowControl::overdue_at() const {
  return under_way_[parts_of_first() - 1].leaves + until_reply() + kOverdueGrace + next_transfer() / 4 + 4 * lateness_;
}

Duration FlowControl::margin() const { return std::max(kLeastMargin, 2 * lateness_); }

std::size_t FlowControl::expected_bytes() const {
  return unit_bytes_ > 0 ? to_bytes(unit_bytes_ * relative_size(setting())) : fixed_bytes_;
}

Instant FlowControl::room_at(std::uint32_t being_made, Instant now) const {
  if (under_way_.empty() && being_made == 0) return now;
  if (rate_ == 0) {  // the first reply will tell how fast the link is
    std::size_t bytes = being_made * expected_bytes();
    for (const Request& one : under_way_) bytes += one.bytes;
    if (bytes < kFirstBytes) return now;
    return under_way_.empty() || being_made != 0 ? kNever : std::max(now, overdue_at() + patience());
  }
  if (!under_way_.empty() && now > overdue_at()) {
    // A reply that never comes must not end everything: after another budget one more is tried.
    const Instant given_up = overdue_at() + patience();
    if (now < given_up) return given_up;
    if (being_made != 0) return kNever;
    return now;
  }
  const Duration transfer = next_transfer();
  const Duration least = std::min<Duration>(kLeastLead, budget_ / kLeadPart);
  const Duration lead = std::clamp<Duration>(from_seconds(in_seconds(transfer) * kLeadShare), least, kMostLead);
  const Instant free = being_made == 0 ? free_at_ : std::max(free_at_, now) + being_made * transfer;
  return free - lead - lateness_ - encode_;
}

Instant FlowControl::answered_at(std::size_t bytes, Instant now) const {
  if (rate_ == 0) return now;
  const Duration spare = margin() + on_link(bytes) / kSparePart;
  return std::max(free_at_, now) + on_link(std::max(bytes, answer_bytes_)) + until_reply() + spare;
}

Duration FlowControl::waits_for_link(Instant handed, Instant now) const {
  const Duration overdue = under_way_.empty() ? Duration::zero() : std::max(now - overdue_at(), Duration::zero());
  return std::max(free_at_, handed) - handed + overdue;
}

bool FlowControl::makes_it(std::size_t bytes, Instant deadline, Instant now) const {
  if (rate_ == 0 || answered_at(bytes, now) <= deadline) return true;
  return under_way_.empty() && now - last_reply_ >= kProbeEvery;
}

bool FlowControl::surely_makes_it(std::size_t bytes, Instant deadline, Instant now) const {
  if (!has_measured()) {
    const std::size_t thin = to_bytes(kThinLink / 2 * in_seconds(std::max(deadline - now, Duration::zero())));
    for (const Request& one : under_way_) bytes += one.bytes;
    return bytes <= std::min(kFirstBytes, thin);
  }
  return rate_ == 0 || answered_at(bytes, now) + on_link(std::max(bytes, answer_bytes_)) <= deadline;
}

Instant FlowControl::latest_start(std::size_t bytes, Instant deadline) const {
  return deadline - (answered_at(bytes, free_at_) - free_at_);
}

Duration FlowControl::time_for_parts(std::size_t bytes, Instant deadline, Instant now) const {
  return deadline - (std::max(free_at_, now) + on_link(bytes) + round_trip_ + on_link(answer_bytes_) + margin());
}

bool FlowControl::is_stale(Instant now) const { return under_way_.empty() && now - last_reply_ >= kStaleAfter; }

std::size_t FlowControl::payload_budget() const {
  const Duration wanted = from_seconds(in_seconds(budget_) * kBudgetShare) - until_reply();
  const Duration room = std::max(wanted, budget_ / 8);
  return std::max(to_bytes(rate_ * in_seconds(room)), answer_bytes_);
}

PayloadSetting FlowControl::setting_for(double unit_bytes) const {
  PayloadSetting best{bounds_.max_jpeg_quality, 1};
  if (rate_ == 0) return {bounds_.min_jpeg_quality, 1};  // what measures the link should get through on any
  if (unit_bytes == 0) return best;
  const double wanted = static_cast<double>(payload_budget()) / unit_bytes;
  if (wanted >= relative_size(best)) return best;
  const std::uint32_t quality = quality_of(1 / (wanted * wanted));
  if (quality >= bounds_.min_jpeg_quality) return {std::min(quality, bounds_.max_jpeg_quality), 1};
  const double side = std::sqrt(wanted * std::sqrt(quantisation(bounds_.min_jpeg_quality)));
  // In steps, since every other size costs the driver new buffers.
  const float step = std::floor(static_cast<float>(side) * kScaleSteps) / kScaleSteps;
  return {bounds_.min_jpeg_quality, std::clamp(step, bounds_.min_scale, 1.0F)};
}

bool FlowControl::is_smallest(const PayloadSetting& setting) const {
  return setting.jpeg_quality <= bounds_.min_jpeg_quality && setting.scale <= bounds_.min_scale;
}

std::uint32_t FlowControl::on_the_way(Instant now) const {
  const Duration half = round_trip_ / 2;
  const Duration late = until_reply() + margin();
  return static_cast<std::uint32_t>(std::count_if(under_way_.begin(), under_way_.end(), [&](const Request& one) {
    const bool going = now < one.leaves + half;
    const bool coming = rate_ > 0 && now >= one.leaves + half + server_ && now < one.leaves + late;
    return going || coming;
  }));
}

std::optional<std::uint64_t> FlowControl::bytes_per_s() const {
  if (rate_ == 0) return std::nullopt;
  return static_cast<std::uint64_t>(rate_);
}

}  // namespace sluice::pipeline
