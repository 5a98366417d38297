#include "server/models/model_memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

#include "server/clock.hpp"
#include "server/metrics/resident_bytes.hpp"

namespace sluice::server {

using residency::ModelId;
using residency::Residency;
using residency::ResidencyAnswer;

namespace {

// What a load is expected to take before one was measured: to begin with, and for each byte.
constexpr Duration kGuessedLoad = std::chrono::milliseconds(20);
constexpr std::uint64_t kGuessedBytesPerUs = 200;
// A process grows by so much for other reasons while a model is loaded; an engine's first load sets much up.
constexpr std::uint64_t kNoiseBytes = std::uint64_t{16} << 20;

// A model that another server answers for meanwhile comes here when it was asked for twice within about half a minute.
constexpr double kPopularEnough = 1.5;
constexpr double kPopularityHalfLifeS = 30;

// Of what loads: a tenth of a core beside a worker that never rests, so that a load comes to its end on a busy server too.
constexpr int kNiceness = 10;

// Those that answer come first, and so models are loaded and freed behind them. On a thread of its own: nobody may hold the memory's lock
// who has to wait for a turn behind others, and a thread cannot take its priority back.
template <typename Work>
void give_way(Work work) {
  std::thread([&] {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
    work();
  }).join();
}

std::uint32_t in_ms(Duration wait) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(wait, Duration{1})).count();
  return static_cast<std::uint32_t>(std::min<std::int64_t>(ms, 60'000));
}

}  // namespace

std::string_view where_name(ModelWhere where) {
  switch (where) {
    case ModelWhere::kResident: return "resident";
    case ModelWhere::kLoading: return "loading";
    case ModelWhere::kCold: return "cold";
    case ModelWhere::kElsewhere: break;
  }
  return "elsewhere";
}

struct ModelPlace::State {
  struct Entry {
    std::string name;
    ModelMemory::Load load;
    std::shared_ptr<const ResidentModel> model;
    std::optional<Error> problem;  // of its last load
    bool sized = false;            // its bytes are more than what its files say
    double asked = 0;              // how often it was asked for of late while it was not here
    Instant asked_at{};            // the last time
  };

  explicit State(Metrics& server_metrics) : metrics(server_metrics) {}

  Metrics& metrics;
  std::mutex mutex;
  std::condition_variable changed;  // for the loading threads, and those who wait for them
  std::optional<Residency> book;
  std::vector<Entry> entries;                               // by ModelId
  std::vector<std::shared_ptr<const ResidentModel>> going;  // to be freed by a loading thread
  std::function<void()> listener;
  std::uint64_t changes = 0;  // loads begun and models freed
  std::size_t loads = 0;      // under way
  std::size_t working = 0;    // threads
  bool any_measured = false;  // what a load made the process grow by
  double times_stated = 1;    // by that, the most that a model took of what its files say
  bool stopping = false;

  void let_go(ModelId id) {
    if (entries[id].model == nullptr) return;
    going.push_back(std::move(entries[id].model));
    changed.notify_all();
  }

  // Of a model whose engine does not count: what the process grew by, where that is its alone and more than other work makes of it;
  // nullopt, where others came or went meanwhile: as much more than its files as any model so far took. 0: nothing better than what is stated.
  std::uint64_t size_of(ModelId id, std::optional<std::uint64_t> grown) {
    Entry& entry = entries[id];
    const std::uint64_t stated = book->profile(id).bytes;
    const std::uint64_t budget = book->options().budget_bytes;
    const std::uint64_t others = book->pinned_bytes() - (book->pinned(id) ? stated : 0);
    const std::uint64_t room = budget - std::min(budget, others);
    if (!grown) {
      if (entry.sized) return 0;
      entry.sized = times_stated > 1;
      return std::min(static_cast<std::uint64_t>(static_cast<double>(stated) * times_stated), room);
    }
    if (*grown <= stated + stated / 4 + kNoiseBytes) return 0;
    const bool first = !std::exchange(any_measured, true);
    if (!first && !entry.sized)
      times_stated = std::max(times_stated, static_cast<double>(*grown) / static_cast<double>(stated));
    entry.sized = true;
    // The first model's load pays for what the engine sets up once, which is no reason to refuse it for good.
    return first ? std::min(*grown, room) : *grown;
  }

  // Whether it is worth a load for those who come later: it is asked for often enough, or nobody would have to go for it.
  bool is_popular(ModelId id, Instant time) {
    Entry& entry = entries[id];
    const double since = std::chrono::duration<double>(std::max(time - entry.asked_at, Duration::zero())).count();
    entry.asked = entry.asked * std::exp2(-since / kPopularityHalfLifeS) + 1;
    entry.asked_at = time;
    return entry.asked >= kPopularEnough ||
           book->profile(id).bytes + book->used_bytes() <= book->options().budget_bytes;
  }

  // A retired model's number may be given out again.
  void forget_if_gone(ModelId id) {
    if (book->retired(id) && !book->resident(id) && !book->loading(id)) entries[id] = {};
  }

  void end_use(ModelId id) {
    const std::lock_guard lock(mutex);
    if (book->end_use(id)) {
      let_go(id);
      forget_if_gone(id);
      tell();
    } else if (book->anyone_in_line()) {
      changed.notify_all();
    }
  }

  void tell() {
    ModelCounts counts;
    counts.bytes = book->used_bytes();
    for (ModelId id = 0; id < entries.size(); ++id) {
      if (!entries[id].load) continue;
      ++(book->resident(id) ? counts.resident : book->loading(id) || book->in_line(id) ? counts.loading : counts.cold);
    }
    metrics.set_models(counts);
  }
};

ModelPlace::ModelPlace(std::shared_ptr<State> state, ModelId id, std::optional<Claim> settled)
    : state_(std::move(state)), id_(id), settled_(std::move(settled)) {}

ModelPlace::~ModelPlace() {
  if (settled_) return;
  const std::lock_guard lock(state_->mutex);
  if (state_->book->retire(id_)) state_->let_go(id_);
  state_->forget_if_gone(id_);
  state_->tell();
}

ModelLease ModelPlace::lease(const std::shared_ptr<const ResidentModel>& model) const {
  return {model.get(), [state = state_, id = id_](const ResidentModel*) { state->end_use(id); }};
}

// Under the lock.
ModelPlace::Claim ModelPlace::look_locked() const {
  auto& book = *state_->book;
  const auto& entry = state_->entries[id_];
  if (book.begin_use(id_)) return {lease(entry.model), {}, 0};
  if (book.resident(id_) || book.loading(id_) || book.in_line(id_)) return {};
  if (entry.problem) return {nullptr, entry.problem, in_ms(book.until_retry(id_, now()))};
  return {nullptr, Error{ErrorCode::kOverloaded, join_text({"model '", entry.name, "' went out of memory again"})}, 1};
}

ModelPlace::Claim ModelPlace::look() const {
  if (settled_) return *settled_;
  const std::lock_guard lock(state_->mutex);
  return look_locked();
}

ModelPlace::Claim ModelPlace::ask(Wish wish) {
  if (settled_) return *settled_;
  const std::lock_guard lock(state_->mutex);
  auto& entry = state_->entries[id_];
  const Instant time = now();
  const bool loads = wish != Wish::kIfPopular || state_->is_popular(id_, time);
  const auto decision = state_->book->ask({.model = id_, .waits = wish == Wish::kNow, .loads = loads}, time);
  if (!decision) {
    const Error refusal{decision.error().code, join_text({"model '", entry.name, "': ", decision.error().message})};
    return {nullptr, refusal, 0};
  }
  if (decision->answer == ResidencyAnswer::kWait) {
    state_->changed.notify_all();
    state_->tell();
    return {};
  }
  if (!loads && decision->answer == ResidencyAnswer::kRetryLater && !entry.problem) return {};
  return look_locked();
}

ModelPlace::Claim ModelPlace::wait() {
  if (settled_) return *settled_;
  const std::lock_guard lock(state_->mutex);
  state_->book->await(id_);
  state_->changed.notify_all();  // it may have come into the line by that
  state_->tell();
  return look_locked();
}

Result<void> ModelPlace::without_place() const {
  return settled_->refusal ? Result<void>(fail(*settled_->refusal)) : Result<void>();
}

void ModelPlace::withdraw(bool comes_again) {
  if (settled_) return;
  const std::lock_guard lock(state_->mutex);
  if (comes_again) {
    state_->book->stop_waiting(id_);
  } else {
    state_->book->withdraw(id_);
  }
  state_->tell();
}

Result<void> ModelPlace::load_now() {
  if (settled_) return without_place();
  if (auto claim = ask(Wish::kNow); claim.refusal) return fail(*claim.refusal);
  std::unique_lock lock(state_->mutex);
  const auto& book = *state_->book;
  state_->changed.wait(lock, [&] { return state_->stopping || !(book.loading(id_) || book.in_line(id_)); });
  state_->book->stop_waiting(id_);
  if (book.resident(id_)) return {};
  const auto& entry = state_->entries[id_];
  if (entry.problem) return fail(*entry.problem);
  return fail(ErrorCode::kShuttingDown, {"model '", entry.name, "' was not loaded: the server stops"});
}

Result<void> ModelPlace::pin() {
  if (settled_) return without_place();
  const std::lock_guard lock(state_->mutex);
  auto pinned = state_->book->pin(id_, now());
  state_->changed.notify_all();
  state_->tell();
  if (pinned) return {};
  return fail(pinned.error().code,
              {"model '", state_->entries[id_].name, "' can't be pinned: ", pinned.error().message});
}

void ModelPlace::unpin() {
  if (settled_) return;
  const std::lock_guard lock(state_->mutex);
  state_->book->unpin(id_);
  state_->changed.notify_all();
}

Duration ModelPlace::until_resident() const {
  if (settled_) return Duration::zero();
  const std::lock_guard lock(state_->mutex);
  return state_->book->until_resident(id_, now());
}

ModelWhere ModelPlace::where() const {
  if (settled_) return settled_->lease != nullptr ? ModelWhere::kResident : ModelWhere::kElsewhere;
  const std::lock_guard lock(state_->mutex);
  const auto& book = *state_->book;
  if (book.resident(id_)) return ModelWhere::kResident;
  return book.loading(id_) || book.in_line(id_) ? ModelWhere::kLoading : ModelWhere::kCold;
}

std::optional<Error> ModelPlace::problem() const {
  if (settled_) return settled_->refusal;
  const std::lock_guard lock(state_->mutex);
  return state_->entries[id_].problem;
}

ModelMemory::ModelMemory(const residency::ResidencyOptions& options, Metrics& metrics)
    : state_(std::make_shared<ModelPlace::State>(metrics)) {
  if (options.budget_bytes == 0) return;
  auto policy = residency::make_policy({});
  auto book = policy ? Residency::create(options, std::move(*policy)) : fail(policy.error());
  if (!book) return;  // the options were checked where they came from
  state_->book.emplace(std::move(*book));
  state_->working = options.max_concurrent_loads;
  for (std::size_t i = 0; i < options.max_concurrent_loads; ++i) threads_.emplace_back([this] { work(); });
}

ModelMemory::~ModelMemory() {
  stop(Duration::zero());
  for (auto& thread : threads_) thread.join();
}

bool ModelMemory::bounded() const { return state_->book.has_value(); }

Result<std::unique_ptr<ModelPlace>> ModelMemory::add(const ModelStatement& statement, Load load) {
  if (!bounded()) {
    auto model = load();
    if (!model) return fail(model.error());
    return std::unique_ptr<ModelPlace>(
        new ModelPlace(state_, residency::kNoModel, ModelPlace::Claim{std::move(*model), {}, 0}));
  }
  const std::lock_guard lock(state_->mutex);
  const std::uint64_t bytes = std::max<std::uint64_t>(statement.bytes, 1);
  const Duration cost = kGuessedLoad + Duration{static_cast<Duration::rep>(bytes / kGuessedBytesPerUs)};
  const auto id = state_->book->add({bytes, cost});
  if (!id) return fail(id.error());
  state_->entries.resize(std::max<std::size_t>(state_->entries.size(), *id + std::size_t{1}));
  state_->entries[*id] = {statement.name, std::move(load), nullptr, {}};
  state_->tell();
  return std::unique_ptr<ModelPlace>(new ModelPlace(state_, *id, std::nullopt));
}

std::unique_ptr<ModelPlace> ModelMemory::add_absent(Error why) {
  return std::unique_ptr<ModelPlace>(
      new ModelPlace(state_, residency::kNoModel, ModelPlace::Claim{nullptr, std::move(why), 0}));
}

void ModelMemory::set_listener(std::function<void()> listener) {
  const std::lock_guard lock(state_->mutex);
  state_->listener = std::move(listener);
}

bool ModelMemory::stop(Duration grace) {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->listener = nullptr;
  state_->changed.notify_all();
  if (!state_->changed.wait_for(lock, grace, [&] { return state_->working == 0; })) return false;
  lock.unlock();
  for (auto& thread : std::exchange(threads_, {})) thread.join();
  return true;
}

void ModelMemory::work() {
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  while (!state.stopping) {
    if (auto going = std::exchange(state.going, {}); !going.empty()) {
      ++state.changes;
      lock.unlock();
      give_way([&] { going.clear(); });
      lock.lock();
      continue;
    }
    const auto order = state.book->next_load(now());
    if (order) {
      std::vector<ModelLease> evicted;
      for (const ModelId id : order->evicted) {
        evicted.push_back(std::move(state.entries[id].model));
        state.metrics.model_evicted();
      }
      load_one(lock, order->model, std::move(evicted));
      continue;
    }
    const Instant wake = state.book->wake_at();
    if (wake == kNever) {
      state.changed.wait(lock);
    } else {
      state.changed.wait_until(lock, to_steady(wake));
    }
  }
  --state.working;
  state.changed.notify_all();
}

namespace {

// What a model asks of memory is its author's choice, so that running out of it is a failed load.
Result<std::shared_ptr<const ResidentModel>> guarded(const ModelMemory::Load& load) {
  try {
    return load();
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "there is not enough memory to load it beside what is served");
  } catch (const std::exception& problem) {
    return fail(ErrorCode::kInternal, {"its load failed: ", problem.what()});
  }
}

}  // namespace

void ModelMemory::load_one(std::unique_lock<std::mutex>& lock, ModelId id, std::vector<ModelLease> evicted) {
  auto& state = *state_;
  const Load load = state.entries[id].load;
  const bool alone = evicted.empty() && state.loads == 0;
  ++state.loads;
  const std::uint64_t change = ++state.changes;
  state.tell();
  lock.unlock();
  std::size_t before = 0;
  Duration took{};
  Result<std::shared_ptr<const ResidentModel>> loaded = std::shared_ptr<const ResidentModel>();
  give_way([&] {
    evicted.clear();  // their memory first
    before = own_bytes();
    const auto start = now();
    loaded = guarded(load);
    took = now() - start;
  });
  const std::size_t after = own_bytes();
  lock.lock();

  --state.loads;
  state.metrics.model_loaded(loaded.has_value(), took);
  auto& entry = state.entries[id];
  if (!loaded) {
    entry.problem = loaded.error();
    static_cast<void>(state.book->load_failed(id, now()));
  } else {
    const std::uint64_t stated = state.book->profile(id).bytes;
    const std::uint64_t counted = (*loaded)->engine_bytes();
    const std::uint64_t grown = after > before ? after - before : 0;
    const std::uint64_t measured =
        counted != 0 ? counted
                     : state.size_of(id, alone && change == state.changes ? std::optional(grown) : std::nullopt);
    entry.model = std::move(*loaded);
    entry.problem.reset();
    const auto gone = state.book->load_done(id, std::max(measured, stated), now(), took);
    for (const ModelId victim : *gone) {
      if (victim != id) state.metrics.model_evicted();
      state.let_go(victim);
    }
    if (!state.book->resident(id) && !state.book->in_line(id) && !state.book->retired(id)) {
      entry.problem = Error{ErrorCode::kModelTooLarge,
                            join_text({"model '", entry.name, "' took ", measured, " bytes; beside pinned models (",
                                       state.book->pinned_bytes(), ") a budget of ", state.book->options().budget_bytes,
                                       " has no room for that: raise --model-memory-mb"})};
    }
  }
  state.forget_if_gone(id);
  state.tell();
  state.changed.notify_all();
  const auto listener = state.listener;
  lock.unlock();
  loaded = fail(ErrorCode::kInternal, "");
  if (listener) listener();
  lock.lock();
}

}  // namespace sluice::server
