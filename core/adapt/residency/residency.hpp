// Which models stay in memory (CremeBrulee, EdgeServe): the book of all models, their measured bytes, who is resident,
// loading, in use or waiting for room, and a policy that says who goes. It loads and unloads nothing itself; its owner
// does, as told:
//
//   ask()         a request came: run now (here or on a resident variant), wait, or retry later
//   next_load()   a load that may begin now, and what must be unloaded first; ask until there is none, after any other call
//   load_done(), load_failed(), begin_use(), end_use()     what the owner did
//   until_resident()                                       how long a request would wait
//
// Memory set aside for resident and loading models never exceeds the budget, unless a resident one grows while it is in
// use. One load for all who wait for a model (single flight); a limited number of loads at once. Never evicted: what is
// in use, pinned, loading, or loaded for somebody who has not used it yet. What was just loaded stays for
// min_residency, as long as all such models fill no more than young_share of the budget: so a scan of models that
// nobody asks for again keeps no more than that and the newest. Nobody starves: a load that has waited for room longer
// than room_patience drains models in use: they take no new uses, and go when the last one ends.
//
// Owns the policy. No clock: times are passed in, and one earlier than the latest counts as the latest. add()
// allocates, nothing else does. Deterministic: the same calls give the same answers. Errors name the model's number and
// sizes. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/adapt/residency/model_profile.hpp"
#include "core/adapt/residency/policy.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace sluice::residency {

// Far above any machine's memory, and far from where sums of sizes wrap.
inline constexpr std::uint64_t kMostModelBytes = std::uint64_t{1} << 48U;

struct ResidencyOptions {
  std::uint64_t budget_bytes = 0;
  std::size_t max_concurrent_loads = 2;
  Duration min_residency = std::chrono::seconds(1);
  double young_share = 0.25;                          // of the budget, from 0 to 1
  Duration room_patience = std::chrono::seconds(10);  // until models in use are drained for one that waits
  Duration first_retry = std::chrono::seconds(1);     // after a failed load; doubles with each failure in a row
  Duration longest_retry = std::chrono::minutes(1);
};

struct ResidencyRequest {
  ModelId model = 0;
  std::span<const ModelId> alternatives =
      {};                   // variants that may answer in its place when it is not resident, best first
  bool load_behind = true;  // load it even where an alternative answers
  bool waits = true;        // false: it is to be loaded, but the request does not wait for that
  bool loads = true;        // false: it counts, and is not loaded for that where it is neither in line nor resident
};

enum class ResidencyAnswer : std::uint8_t {
  kRun,         // `model` is resident: begin_use() it
  kWait,        // its load is in line or under way; begin_use() after load_done()
  kRetryLater,  // its last load failed; there is no other before `retry_at`
};

struct ResidencyDecision {
  ResidencyAnswer answer = ResidencyAnswer::kWait;
  ModelId model = 0;  // the one asked for, or the alternative that runs
  Instant retry_at{};
};

struct LoadOrder {
  ModelId model = 0;
  std::span<const ModelId> evicted;  // to be unloaded before the load begins; valid until the next call
};

struct ResidencyStats {
  std::uint64_t requests = 0;
  std::uint64_t resident_requests = 0;     // found their model there
  std::uint64_t alternative_requests = 0;  // went to a variant
  std::uint64_t joined_requests = 0;       // found it loading or in line
  std::uint64_t loads = 0;
  std::uint64_t failed_loads = 0;
  std::uint64_t evictions = 0;
  std::uint64_t drained = 0;  // of these, by patience
  std::uint64_t corrected_sizes = 0;
};

class Residency {
 public:
  // kInvalidArgument names the option out of its range.
  static Result<Residency> create(const ResidencyOptions& options, std::unique_ptr<Policy> policy);

  // kInvalidArgument for no bytes, more than kMostModelBytes, or a negative cost. A model larger than the budget may
  // stand in the book; ask() refuses it.
  // The number of a model that was retired, once it is gone, is given out again.
  Result<ModelId> add(const ModelProfile& profile);
  // Nobody will ask for it again. True when it must be unloaded now; what is in use or loading goes when that ends, as end_use()
  // and load_done() say.
  bool retire(ModelId model);

  // kModelTooLarge when it does not fit beside what is pinned, and no alternative is resident; kInvalidArgument for
  // unknown numbers.
  Result<ResidencyDecision> ask(const ResidencyRequest& request, Instant now);
  // Nobody waits for it any more: it leaves the line, or needs no longer stay until it is used.
  void withdraw(ModelId model);
  // One that asked without waiting waits after all, where the load is in line, under way or may begin.
  void await(ModelId model);
  // The same, but a load in line stays there: who waited is expected to come again.
  void stop_waiting(ModelId model);

  std::optional<LoadOrder> next_load(Instant now);
  // How long until it will be resident if it is asked for now, by what loads took; zero where it is. A guess: room may have to be
  // waited for.
  Duration until_resident(ModelId model, Instant now) const;
  // When next_load() may have another answer without anything else happening: kNever, mostly.
  Instant wake_at() const;

  // What a load turned out to take; zero where nobody measured. Returns what must be unloaded at once so that the
  // budget holds: others, or the model itself, which then goes back to the line if somebody waits and it fits beside
  // what is pinned. kInvalidArgument when it was not loading.
  Result<std::span<const ModelId>> load_done(ModelId model, std::uint64_t measured_bytes, Instant now,
                                             Duration measured_cost = Duration::zero());
  Result<void> load_failed(ModelId model, Instant now);
  // A resident model was measured anew. The same answer; what is in use stays, and loads wait until the budget holds
  // again.
  Result<std::span<const ModelId>> measured(ModelId model, std::uint64_t bytes, Instant now);

  // False when it may not be used: it is not resident, or drains.
  bool begin_use(ModelId model);
  // True when it must be unloaded now: it drained.
  bool end_use(ModelId model);

  // A pinned model is never evicted once resident; pinning loads it (where that fails, the next request tries again;
  // one that drains goes first and comes back). kModelTooLarge when what is pinned would exceed the budget. What waits
  // in line and no longer fits beside the pins stays there.
  Result<void> pin(ModelId model, Instant now);
  void unpin(ModelId model);

  bool resident(ModelId model) const { return known(model) && slots_[model].state == State::kResident; }
  bool pinned(ModelId model) const { return known(model) && slots_[model].pinned; }
  bool loading(ModelId model) const { return known(model) && slots_[model].state == State::kLoading; }
  bool in_line(ModelId model) const { return known(model) && slots_[model].state == State::kInLine; }
  bool retired(ModelId model) const { return known(model) && slots_[model].retired; }
  bool anyone_in_line() const { return !line_.empty(); }
  // Until a model whose load failed is tried again; zero: at once.
  Duration until_retry(ModelId model, Instant now) const {
    return known(model) ? std::max(slots_[model].retry_at - std::max(now_, now), Duration::zero()) : Duration::zero();
  }
  std::size_t models() const { return slots_.size(); }
  const ModelProfile& profile(ModelId model) const { return profiles_[model]; }  // precondition: model < models()
  std::uint64_t used_bytes() const { return used_bytes_; }                       // resident and loading
  std::uint64_t pinned_bytes() const { return pinned_bytes_; }                   // resident or not
  const ResidencyOptions& options() const { return options_; }
  const ResidencyStats& stats() const { return stats_; }

 private:
  enum class State : std::uint8_t { kAbsent, kInLine, kLoading, kResident };

  struct Slot {
    State state = State::kAbsent;
    bool pinned = false;
    bool awaited = false;   // loaded for somebody who has not used it yet
    bool draining = false;  // in use, and goes when that ends
    bool retired = false;
    std::uint32_t uses = 0;
    std::uint32_t failures = 0;      // in a row
    std::size_t resident_index = 0;  // in resident_, while it is there
    Instant loaded_at{};
    Instant in_line_since{};
    Instant loading_since{};
    Instant retry_at{};
  };

  Residency(const ResidencyOptions& options, std::unique_ptr<Policy> policy);
  bool known(ModelId model) const { return model < slots_.size(); }
  Result<void> check_known(ModelId model) const;
  bool fits_ever(ModelId model) const;
  Failure too_large(ModelId model) const;
  void advance(Instant now) { now_ = std::max(now_, now); }
  bool serves(ModelId model) const { return slots_[model].state == State::kResident && !slots_[model].draining; }
  std::optional<ResidencyDecision> run_alternative(const ResidencyRequest& request);
  void enter_line(ModelId model);
  bool may_go(const Slot& slot) const;
  bool is_young(const Slot& slot) const;
  std::uint64_t collect_candidates(ModelId spared);
  bool make_room(std::uint64_t bytes, ModelId spared);
  void drain_for(std::uint64_t bytes);
  LoadOrder begin_load(std::size_t place);
  void evict(ModelId model);
  void settle(ModelId model);
  void leave_line(ModelId model);
  void free_number(ModelId model);
  void correct(ModelId model, std::uint64_t bytes);

  ResidencyOptions options_;
  std::unique_ptr<Policy> policy_;
  std::vector<ModelProfile> profiles_;
  std::vector<Slot> slots_;
  std::vector<ModelId> resident_;    // in no order
  std::vector<ModelId> line_;        // waiting to be loaded, first come first
  std::vector<ModelId> candidates_;  // of the shortage at hand
  std::vector<ModelId> young_;       // so too
  std::vector<ModelId> victims_;
  std::vector<ModelId> free_;  // numbers of retired models that are gone
  std::uint64_t used_bytes_ = 0;
  std::uint64_t pinned_bytes_ = 0;
  std::size_t loads_ = 0;
  Instant now_{};
  ResidencyStats stats_;
};

}  // namespace sluice::residency
