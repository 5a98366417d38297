// Loads: who in line may begin, and what becomes of the book when one ends.
#include <algorithm>
#include <limits>

#include "core/adapt/residency/residency.hpp"

namespace sluice::residency {
namespace {

// Never wraps, however late it is.
Instant later(Instant from, Duration by) { return by > Instant::max() - from ? Instant::max() : from + by; }

}  // namespace

LoadOrder Residency::begin_load(std::size_t place) {
  const ModelId model = line_[place];
  line_.erase(line_.begin() + static_cast<std::ptrdiff_t>(place));
  slots_[model].state = State::kLoading;
  slots_[model].loading_since = now_;
  used_bytes_ += profiles_[model].bytes;
  ++loads_;
  ++stats_.loads;
  policy_->admitted(model, profiles_[model]);
  return {model, victims_};
}

std::optional<LoadOrder> Residency::next_load(Instant now) {
  advance(now);
  if (loads_ >= options_.max_concurrent_loads) return std::nullopt;
  for (std::size_t place = 0; place < line_.size(); ++place) {
    const ModelId model = line_[place];
    if (!fits_ever(model)) continue;  // crowded out by pins; it stays in line for the time when they end
    const std::uint64_t wanted = used_bytes_ + profiles_[model].bytes;
    const std::uint64_t missing = wanted - std::min(wanted, options_.budget_bytes);
    if (make_room(missing, kNoModel)) return begin_load(place);
    // Those behind may go first where they find room, but not for ever: then they would take it from this one each
    // time.
    if (now_ - slots_[model].in_line_since < options_.room_patience) continue;
    drain_for(missing);
    return std::nullopt;
  }
  return std::nullopt;
}

Duration Residency::until_resident(ModelId model, Instant now) const {
  if (!known(model) || resident(model)) return Duration::zero();
  now = std::max(now_, now);
  const auto left = [&](ModelId loading) {
    const Duration gone = now - slots_[loading].loading_since;
    return std::max(profiles_[loading].load_cost - gone, Duration::zero());
  };
  if (slots_[model].state == State::kLoading) return left(model);
  // Those that load and those that stand before it share the places; with one free it begins at once.
  Duration ahead{0};
  std::size_t before = loads_;
  for (ModelId other = 0; other < slots_.size(); ++other) {
    if (slots_[other].state == State::kLoading) ahead += left(other);
  }
  for (const ModelId other : line_) {
    if (other == model) break;
    ahead += profiles_[other].load_cost;
    ++before;
  }
  const auto places = static_cast<std::int64_t>(options_.max_concurrent_loads);
  if (before < options_.max_concurrent_loads) ahead = Duration::zero();
  return ahead / places + profiles_[model].load_cost;
}

Instant Residency::wake_at() const {
  Instant wake = kNever;
  if (line_.empty() || loads_ >= options_.max_concurrent_loads) return wake;
  const auto at = [&](Instant since, Duration wait) {
    const Instant due = later(since, wait);
    if (due > now_) wake = std::min(wake, due);
  };
  for (const ModelId model : line_) at(slots_[model].in_line_since, options_.room_patience);
  for (const ModelId model : resident_) {
    if (may_go(slots_[model])) at(slots_[model].loaded_at, options_.min_residency);
  }
  return wake;
}

void Residency::correct(ModelId model, std::uint64_t bytes) {
  bytes = std::min(bytes, kMostModelBytes);
  std::uint64_t& stated = profiles_[model].bytes;
  if (bytes == 0 || bytes == stated) return;
  used_bytes_ = used_bytes_ - stated + bytes;
  if (slots_[model].pinned) pinned_bytes_ = pinned_bytes_ - stated + bytes;
  stated = bytes;
  ++stats_.corrected_sizes;
}

// After its size was corrected: what must go so that the budget holds, others first, else the model itself if nobody
// uses it.
void Residency::settle(ModelId model) {
  victims_.clear();
  if (used_bytes_ <= options_.budget_bytes) return;
  const std::uint64_t excess = used_bytes_ - options_.budget_bytes;
  Slot& slot = slots_[model];
  if (fits_ever(model) && make_room(excess, model)) return;
  if (slot.uses > 0) return;  // it stays; loads wait until the others fit beside it
  victims_.clear();
  evict(model);
  victims_.push_back(model);
  if (!fits_ever(model)) unpin(model);  // a promise that can't be kept
  if (fits_ever(model) && (slot.awaited || slot.pinned)) enter_line(model);
}

Result<std::span<const ModelId>> Residency::load_done(ModelId model, std::uint64_t measured_bytes, Instant now,
                                                      Duration measured_cost) {
  if (!known(model) || slots_[model].state != State::kLoading) {
    return fail(ErrorCode::kInvalidArgument, {"residency: a load of model ", model, " ended that had not begun"});
  }
  Slot& slot = slots_[model];
  advance(now);
  --loads_;
  slot.state = State::kResident;
  slot.loaded_at = now_;
  slot.failures = 0;
  slot.resident_index = resident_.size();
  resident_.push_back(model);
  if (measured_cost > Duration::zero()) profiles_[model].load_cost = measured_cost;
  if (slot.retired) {
    victims_.clear();
    evict(model);
    free_number(model);
    victims_.push_back(model);
    return std::span<const ModelId>(victims_);
  }
  correct(model, measured_bytes);
  settle(model);
  return std::span<const ModelId>(victims_);
}

Result<void> Residency::load_failed(ModelId model, Instant now) {
  if (!known(model) || slots_[model].state != State::kLoading) {
    return fail(ErrorCode::kInvalidArgument, {"residency: a load of model ", model, " failed that had not begun"});
  }
  Slot& slot = slots_[model];
  advance(now);
  --loads_;
  used_bytes_ -= profiles_[model].bytes;
  slot.state = State::kAbsent;
  slot.awaited = false;
  policy_->left(model);
  Duration wait = std::min(options_.first_retry, options_.longest_retry);
  for (std::uint32_t i = 0; i < slot.failures && wait < options_.longest_retry; ++i) {
    wait = wait > options_.longest_retry / 2 ? options_.longest_retry : wait * 2;
  }
  slot.retry_at = later(now_, wait);
  if (slot.failures < std::numeric_limits<std::uint32_t>::max()) ++slot.failures;
  ++stats_.failed_loads;
  if (slot.retired) free_number(model);
  return {};
}

Result<std::span<const ModelId>> Residency::measured(ModelId model, std::uint64_t bytes, Instant now) {
  if (auto checked = check_known(model); !checked) return fail(checked.error());
  if (!resident(model)) {
    return fail(ErrorCode::kInvalidArgument, {"residency: model ", model, " is not resident, so nothing was measured"});
  }
  advance(now);
  correct(model, bytes);
  settle(model);
  return std::span<const ModelId>(victims_);
}

}  // namespace sluice::residency
