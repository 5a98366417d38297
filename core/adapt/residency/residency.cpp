// The book: who is asked for, in use and pinned. Who goes stands in residency_room.cpp, loads in residency_loads.cpp.
#include "core/adapt/residency/residency.hpp"

#include <algorithm>
#include <utility>

namespace sluice::residency {
namespace {

Failure refused_option(const char* name, const TextPart& value, const char* allowed) {
  return fail(ErrorCode::kInvalidArgument,
              {"residency: ", name, " of ", value, " is out of range; it must be ", allowed});
}

}  // namespace

Residency::Residency(const ResidencyOptions& options, std::unique_ptr<Policy> policy)
    : options_(options), policy_(std::move(policy)) {}

Result<Residency> Residency::create(const ResidencyOptions& options, std::unique_ptr<Policy> policy) {
  if (policy == nullptr)
    return fail(ErrorCode::kInvalidArgument, "residency: a policy is missing; make_policy() makes one");
  if (options.budget_bytes == 0 || options.budget_bytes > kMostModelBytes) {
    return refused_option("budget_bytes", options.budget_bytes, "above 0 and at most 2^48");
  }
  if (options.max_concurrent_loads == 0) return refused_option("max_concurrent_loads", 0, "above 0");
  if (!(options.young_share >= 0 && options.young_share <= 1)) {
    return refused_option("young_share", options.young_share, "from 0 to 1");
  }
  const std::pair<const char*, Duration> durations[] = {{"min_residency", options.min_residency},
                                                        {"room_patience", options.room_patience},
                                                        {"first_retry", options.first_retry},
                                                        {"longest_retry", options.longest_retry}};
  for (const auto& [name, duration] : durations) {
    if (duration < Duration::zero()) return refused_option(name, duration.count(), "0 us or more");
  }
  return Residency(options, std::move(policy));
}

Result<ModelId> Residency::add(const ModelProfile& profile) {
  const auto model = static_cast<ModelId>(slots_.size());
  if (profile.bytes == 0 || profile.bytes > kMostModelBytes) {
    return fail(ErrorCode::kInvalidArgument,
                {"residency: ", profile.bytes, " bytes for model ", model, "; a size is 1 to ", kMostModelBytes});
  }
  if (profile.load_cost < Duration::zero()) {
    return fail(ErrorCode::kInvalidArgument,
                {"residency: a load cost of ", profile.load_cost.count(), " us for model ", model, " is negative"});
  }
  if (!free_.empty()) {
    const ModelId again = free_.back();
    free_.pop_back();
    slots_[again] = {};
    profiles_[again] = profile;
    return again;
  }
  slots_.emplace_back();
  profiles_.push_back(profile);
  // All the room there will be need for, so that nothing allocates later.
  for (auto* ids : {&resident_, &line_, &candidates_, &young_, &victims_, &free_}) ids->reserve(slots_.capacity());
  policy_->reserve(slots_.size());
  return model;
}

bool Residency::retire(ModelId model) {
  if (!known(model) || slots_[model].retired) return false;
  Slot& slot = slots_[model];
  unpin(model);
  slot.retired = true;
  slot.awaited = false;
  if (slot.state == State::kInLine) leave_line(model);
  if (slot.state == State::kResident && slot.uses > 0) slot.draining = true;
  if (slot.state == State::kLoading || slot.uses > 0) return false;
  const bool unload = slot.state == State::kResident;
  if (unload) evict(model);
  free_number(model);
  return unload;
}

void Residency::free_number(ModelId model) {
  policy_->forgotten(model);
  free_.push_back(model);
}

Result<void> Residency::check_known(ModelId model) const {
  if (known(model) && slots_[model].retired) {
    return fail(ErrorCode::kInvalidArgument, {"residency: model ", model, " was retired"});
  }
  if (known(model)) return {};
  return fail(ErrorCode::kInvalidArgument,
              {"residency: there is no model ", model, "; the book has ", slots_.size(), ", from 0"});
}

// Beside all that is pinned, since that stays.
bool Residency::fits_ever(ModelId model) const {
  const std::uint64_t others = pinned_bytes_ - (slots_[model].pinned ? profiles_[model].bytes : 0);
  return others <= options_.budget_bytes && profiles_[model].bytes <= options_.budget_bytes - others;
}

Failure Residency::too_large(ModelId model) const {
  const std::uint64_t others = pinned_bytes_ - (slots_[model].pinned ? profiles_[model].bytes : 0);
  return fail(ErrorCode::kModelTooLarge,
              {"residency: model ", model, " takes ", profiles_[model].bytes, " bytes and can't fit a budget of ",
               options_.budget_bytes, " bytes, of which ", others, " are pinned by others"});
}

std::optional<ResidencyDecision> Residency::run_alternative(const ResidencyRequest& request) {
  for (const ModelId variant : request.alternatives) {
    if (!serves(variant)) continue;
    policy_->requested(variant, now_);
    ++stats_.alternative_requests;
    return ResidencyDecision{ResidencyAnswer::kRun, variant, {}};
  }
  return std::nullopt;
}

void Residency::enter_line(ModelId model) {
  slots_[model].state = State::kInLine;
  slots_[model].in_line_since = now_;
  line_.push_back(model);
}

Result<ResidencyDecision> Residency::ask(const ResidencyRequest& request, Instant now) {
  if (auto checked = check_known(request.model); !checked) return fail(checked.error());
  for (const ModelId variant : request.alternatives) {
    if (auto checked = check_known(variant); !checked) return fail(checked.error());
  }
  advance(now);
  ++stats_.requests;
  policy_->requested(request.model, now_);
  Slot& slot = slots_[request.model];
  if (serves(request.model)) {
    ++stats_.resident_requests;
    return ResidencyDecision{ResidencyAnswer::kRun, request.model, {}};
  }
  const auto variant = run_alternative(request);
  const bool fits = fits_ever(request.model);
  if (!fits && !variant) return too_large(request.model);
  const bool held_off = now_ < slot.retry_at;
  if (slot.state == State::kAbsent) {
    if (fits && !held_off && request.loads && (!variant || request.load_behind)) enter_line(request.model);
  } else if (!variant) {
    ++stats_.joined_requests;
  }
  if (variant) return *variant;
  if (slot.state == State::kAbsent)
    return ResidencyDecision{ResidencyAnswer::kRetryLater, request.model, slot.retry_at};
  // One that drains enters the line when it has gone; see end_use().
  slot.awaited = slot.awaited || request.waits;
  return ResidencyDecision{ResidencyAnswer::kWait, request.model, {}};
}

void Residency::withdraw(ModelId model) {
  if (!known(model)) return;
  Slot& slot = slots_[model];
  slot.awaited = false;
  if (slot.state == State::kInLine && !slot.pinned) leave_line(model);
}

void Residency::await(ModelId model) {
  if (!known(model) || slots_[model].retired) return;
  if (slots_[model].state == State::kAbsent && fits_ever(model) && now_ >= slots_[model].retry_at) enter_line(model);
  if (in_line(model) || loading(model)) slots_[model].awaited = true;
}

void Residency::stop_waiting(ModelId model) {
  if (known(model)) slots_[model].awaited = false;
}

void Residency::leave_line(ModelId model) {
  slots_[model].state = State::kAbsent;
  line_.erase(std::find(line_.begin(), line_.end(), model));
}

bool Residency::begin_use(ModelId model) {
  if (!known(model) || !serves(model)) return false;
  slots_[model].awaited = false;
  ++slots_[model].uses;
  return true;
}

bool Residency::end_use(ModelId model) {
  if (!known(model) || slots_[model].uses == 0) return false;
  Slot& slot = slots_[model];
  if (--slot.uses > 0 || !slot.draining) return false;
  evict(model);
  if (slot.retired) return free_number(model), true;
  ++stats_.drained;
  if (slot.awaited || slot.pinned) enter_line(model);
  return true;
}

Result<void> Residency::pin(ModelId model, Instant now) {
  if (auto checked = check_known(model); !checked) return checked;
  advance(now);
  Slot& slot = slots_[model];
  if (slot.pinned) return {};
  if (!fits_ever(model)) return too_large(model);
  slot.pinned = true;
  pinned_bytes_ += profiles_[model].bytes;
  if (slot.state == State::kAbsent) enter_line(model);
  return {};
}

void Residency::unpin(ModelId model) {
  if (!known(model) || !slots_[model].pinned) return;
  slots_[model].pinned = false;
  pinned_bytes_ -= profiles_[model].bytes;
}

}  // namespace sluice::residency
