// Random operations on every policy: what must hold after each of them, and that the same operations give the same
// book.
#include <algorithm>
#include <deque>
#include <string>

#include "core/adapt/residency/random_numbers.hpp"
#include "tests/core/adapt/residency/residency_fixture.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kModels = 30;
constexpr std::uint64_t kBudget = 400;

// An owner that does as it is told, at random times, and keeps a book of its own to compare with.
class Owner {
 public:
  Owner(PolicyKind kind, std::uint64_t seed) : memory_(make(kind)), random_(seed) {
    for (std::size_t i = 0; i < kModels; ++i)
      REQUIRE(memory_.add(profile(10 + below(80), 1 + static_cast<int>(below(500)))));
  }

  void step() {
    now_ms_ += static_cast<std::int64_t>(below(40));
    switch (below(8)) {
      case 0:
      case 1: ask(static_cast<ModelId>(below(kModels))); break;
      case 2: finish_load(); break;
      case 3:
      case 4:
      case 5: finish_use(); break;
      case 6: pin_or_unpin(static_cast<ModelId>(below(kModels))); break;
      default: give_up(static_cast<ModelId>(below(kModels))); break;
    }
    start_loads();
    check();
  }

  // No more requests: all that was begun ends, and whoever waits and can ever fit is served.
  void drain() {
    for (ModelId model = 0; model < kModels; ++model) {
      memory_.unpin(model);
      pinned_[model] = false;
    }
    for (int round = 0; round < 3000; ++round) {
      now_ms_ += 1000;
      finish_load();
      finish_use();
      start_loads();
      check();
    }
    for (ModelId model = 0; model < kModels; ++model) {
      CAPTURE(model);
      CHECK((waiting_[model] == 0 || memory_.profile(model).bytes > kBudget));
    }
  }

  std::uint64_t hash() const { return hash_; }
  const residency::ResidencyStats& stats() const { return memory_.stats(); }

 private:
  static Residency make(PolicyKind kind) {
    ResidencyOptions options;
    options.budget_bytes = kBudget;
    options.max_concurrent_loads = 3;
    options.min_residency = std::chrono::milliseconds(100);
    options.room_patience = std::chrono::milliseconds(500);
    options.first_retry = std::chrono::milliseconds(50);
    return make_residency(options, {}, kind);
  }

  std::uint64_t below(std::uint64_t count) { return residency::next_random(random_) % count; }
  Instant now() const { return at_ms(now_ms_); }
  void note(std::uint64_t value) { hash_ = hash_ * 31 + value; }

  void gone(ModelId model) {
    CHECK(uses_[model] == 0);
    CHECK(held_[model]);
    held_[model] = false;
    note(model + 100);
  }

  void ask(ModelId model) {
    const auto decision = memory_.ask({model}, now());
    if (!decision) {
      CHECK(decision.error().code == ErrorCode::kModelTooLarge);
      return;
    }
    note(static_cast<std::uint64_t>(decision->answer));
    if (decision->answer == ResidencyAnswer::kWait) ++waiting_[model];
    if (decision->answer == ResidencyAnswer::kRun) use(model);
  }

  void use(ModelId model) {
    REQUIRE(memory_.begin_use(model));
    ++uses_[model];
    running_.push_back(model);
  }

  void start_loads() {
    while (const auto order = memory_.next_load(now())) {
      for (const ModelId victim : order->evicted) {
        CHECK_FALSE(pinned_[victim]);
        gone(victim);
      }
      CHECK_FALSE(held_[order->model]);
      held_[order->model] = true;
      loading_.push_back(order->model);
      note(order->model);
    }
  }

  void finish_load() {
    if (loading_.empty()) return;
    const ModelId model = loading_.front();
    loading_.pop_front();
    if (below(10) == 0) {
      REQUIRE(memory_.load_failed(model, now()));
      held_[model] = false;
      waiting_[model] = 0;
      return;
    }
    const std::uint64_t size = below(10) == 0 ? 1 + below(450) : 0;  // now and then it lied
    const auto victims = memory_.load_done(model, size, now());
    REQUIRE(victims);
    for (const ModelId victim : *victims) {
      CHECK((victim == model || !pinned_[victim]));
      gone(victim);
    }
    if (!memory_.resident(model)) {
      pinned_[model] = memory_.pinned(model);            // one that can't fit loses its pin
      if (!memory_.in_line(model)) waiting_[model] = 0;  // it does not fit beside what is pinned: they are refused
      return;
    }
    for (; waiting_[model] > 0; --waiting_[model]) use(model);
    memory_.withdraw(model);
  }

  void finish_use() {
    if (running_.empty()) return;
    const std::size_t at = below(running_.size());
    const ModelId model = running_[at];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    --uses_[model];
    if (memory_.end_use(model)) gone(model);
  }

  void pin_or_unpin(ModelId model) {
    if (pinned_[model]) {
      memory_.unpin(model);
      pinned_[model] = false;
    } else if (below(4) == 0 && memory_.pinned_bytes() < kBudget / 3) {
      pinned_[model] = memory_.pin(model, now()).has_value();
    }
  }

  void give_up(ModelId model) {
    if (waiting_[model] > 0 && below(4) == 0) {
      memory_.withdraw(model);
      waiting_[model] = 0;
    }
  }

  void check() {
    std::uint64_t bytes = 0;
    for (ModelId model = 0; model < kModels; ++model) {
      if (held_[model]) bytes += memory_.profile(model).bytes;
      CHECK(held_[model] == (memory_.resident(model) || memory_.loading(model)));
    }
    CHECK(bytes == memory_.used_bytes());
    CHECK(bytes <= kBudget);
    CHECK(loading_.size() <= 3);
  }

  Residency memory_;
  std::uint64_t random_;
  std::int64_t now_ms_ = 0;
  std::uint64_t hash_ = 0;
  std::deque<ModelId> loading_;
  std::vector<ModelId> running_;
  std::vector<int> uses_ = std::vector<int>(kModels);
  std::vector<int> waiting_ = std::vector<int>(kModels);
  std::vector<bool> held_ = std::vector<bool>(kModels);
  std::vector<bool> pinned_ = std::vector<bool>(kModels);
};

}  // namespace

TEST_CASE("the budget holds, nothing in use or pinned goes, and nobody starves") {
  for (const auto name : residency::policy_names()) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(name);
      CAPTURE(seed);
      Owner owner(*residency::find_policy(name), seed);
      for (int i = 0; i < 4000; ++i) owner.step();
      CHECK(owner.stats().evictions > 100);
      CHECK(owner.stats().failed_loads > 10);
      CHECK(owner.stats().corrected_sizes > 10);
      owner.drain();
    }
  }
}

TEST_CASE("the same operations give the same book") {
  for (const auto name : residency::policy_names()) {
    const auto play = [&](std::uint64_t seed) {
      Owner owner(*residency::find_policy(name), seed);
      for (int i = 0; i < 1000; ++i) owner.step();
      return owner.hash();
    };
    CHECK(play(9) == play(9));
    CHECK(play(9) != play(10));
  }
}
