// Which of the models that are served are in memory. Without a budget all are, from when they are added on. With one, the book of
// core/adapt/residency says who comes and who goes, and threads of this object load and unload as it says: never more at once than
// max_concurrent_loads, one load for all who wait for a model. A lease keeps its model in memory; nothing else does but a pin.
//
// What a model takes is stated by its files at first. After a load it is what the engine counts, else what the process grew by where
// nothing else was loaded or unloaded meanwhile and the growth is beyond what other work makes of it; where something was, as much more than
// its files as any model so far took. Sizes are corrected upwards only. A
// model that turns out larger than the budget goes again, and is refused from then on. One that can't be loaded, or fails when it is run
// for the first time, is tried again after a pause that doubles; requests are refused with its error until then. Others are not
// concerned. (A model that ends the process ends the server: engines run in it.)
//
// Owns its threads and the models. Places may outlive it: their models stay as they are then. Safe from any thread; the listener is called
// without a lock, on a loading thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/adapt/residency/residency.hpp"
#include "core/base/result.hpp"
#include "server/metrics/metrics.hpp"
#include "server/models/resident_model.hpp"

namespace sluice::server {

// Loading: or in line for it. Elsewhere: this server knows its manifest only.
enum class ModelWhere : std::uint8_t { kResident, kLoading, kCold, kElsewhere };

std::string_view where_name(ModelWhere where);  // "resident", "loading", "cold", "elsewhere"

struct ModelStatement {
  std::string name;  // for messages
  std::uint64_t bytes = 0;
};

class ModelPlace {
 public:
  ~ModelPlace();  // the model goes, once nobody uses it
  ModelPlace(const ModelPlace&) = delete;
  ModelPlace& operator=(const ModelPlace&) = delete;

  // The model if it is here and may be used; else why it is not to be had now, with a time after which a retry makes sense; neither:
  // its load is in line or under way, and the listener will be told.
  struct Claim {
    ModelLease lease;
    std::optional<Error> refusal;
    std::uint32_t retry_after_ms = 0;
  };
  // A request came for it, and where the model isn't here it is loaded: for this request, for those who come later, or for them where
  // requests are frequent or there is room for it anyway.
  enum class Wish : std::uint8_t { kNow, kLater, kIfPopular };
  Claim ask(Wish wish);
  // The same for one that has asked before, without counting as another: and waits from now on, or waits already.
  Claim wait();
  Claim look() const;
  ModelLease use() const { return look().lease; }

  // Nobody waits for it any more. `comes_again`: the load stays in line all the same.
  void withdraw(bool comes_again);
  // Loads it and waits for that; for no use of it. kShuttingDown where the memory stops meanwhile.
  Result<void> load_now();
  // kModelTooLarge where it doesn't fit beside what is pinned.
  Result<void> pin();
  void unpin();

  Duration until_resident() const;  // as Residency's
  ModelWhere where() const;
  std::optional<Error> problem() const;  // of its last load

 private:
  friend class ModelMemory;
  struct State;
  ModelPlace(std::shared_ptr<State> state, residency::ModelId id, std::optional<Claim> settled);
  ModelLease lease(const std::shared_ptr<const ResidentModel>& model) const;
  Claim look_locked() const;
  Result<void> without_place() const;

  const std::shared_ptr<State> state_;
  const residency::ModelId id_;
  const std::optional<Claim> settled_;  // for good: without a budget, or of a model that isn't here
};

class ModelMemory {
 public:
  // `options.budget_bytes` 0: everything stays in memory, and the rest does not matter.
  ModelMemory(const residency::ResidencyOptions& options, Metrics& metrics);
  ~ModelMemory();  // waits for loads under way
  ModelMemory(const ModelMemory&) = delete;
  ModelMemory& operator=(const ModelMemory&) = delete;

  bool bounded() const;

  // Called on a loading thread, any time.
  using Load = std::function<Result<std::shared_ptr<const ResidentModel>>()>;
  // Without a budget it is loaded at once, and its error is this one's.
  Result<std::unique_ptr<ModelPlace>> add(const ModelStatement& statement, Load load);

  // A model that this server doesn't have, and why.
  std::unique_ptr<ModelPlace> add_absent(Error why);

  // Told after models came, or did not; those who wait look().
  void set_listener(std::function<void()> listener);

  // Begins no more loads, wakes those who wait in load_now(), and waits for those under way, at most so long. False when one still was.
  bool stop(Duration grace);

 private:
  void work();
  void load_one(std::unique_lock<std::mutex>& lock, residency::ModelId id, std::vector<ModelLease> evicted);

  const std::shared_ptr<ModelPlace::State> state_;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::server
