// What each policy selects, of three models whose times are known.
#include "native/simulate/selection/policy.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace sluice;
using namespace sluice::simulate;

namespace {

constexpr double kSla = 100;
constexpr std::size_t kSmall = 0, kMiddle = 1, kLarge = 2;

std::vector<SizedVariant> models() {
  const auto model = [](double accuracy, double mean_ms, double deviation_ms, std::uint32_t side) {
    adapt::Variant variant;
    variant.accuracy = accuracy;
    variant.mean_ms = mean_ms;
    variant.deviation_ms = deviation_ms;
    return SizedVariant{variant, side};
  };
  return {model(50, 5, 0.5, 128), model(70, 30, 2, 224), model(80, 80, 5, 331)};
}

Selector selector(Policy policy) { return {policy, models(), kSla, 10, 40, 4}; }

adapt::Budget left(double remaining_ms, double return_ms = 0, double queue_ms = 0) {
  adapt::Budget budget;
  budget.remaining_ms = remaining_ms;
  budget.return_ms = return_ms;
  budget.queue_ms = queue_ms;
  return budget;
}

std::size_t on_arrival(Policy policy, const adapt::Budget& budget, std::uint32_t side = 331) {
  Draw draw(1);
  return selector(policy).on_arrival(side, kMiddle, budget, Instant{}, draw);
}

std::map<std::size_t, int> drawn(Policy policy, const adapt::Budget& budget) {
  Draw draw(3);
  Selector selects = selector(policy);
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 3000; ++i) ++counts[selects.on_arrival(331, kMiddle, budget, Instant{}, draw)];
  return counts;
}

// Round trips that a picture of each model's side takes.
Outlook outlook(double small_ms, double middle_ms, double large_ms) {
  Outlook look;
  for (const double ms : {small_ms, middle_ms, large_ms}) {
    adapt::TimeEstimate estimate;
    estimate.mean_ms = ms;
    look.round_trips.push_back(estimate);
  }
  return look;
}

}  // namespace

TEST_CASE("static policies and the greedy one look at no budget") {
  CHECK(selector(Policy::kFastest).before_sending(outlook(1, 1, 1)) == kSmall);
  CHECK(selector(Policy::kMostAccurate).before_sending(outlook(500, 500, 500)) == kLarge);
  CHECK(on_arrival(Policy::kGreedy, left(1)) == kLarge);    // 80 ms fit in 100, whatever is left of them
  CHECK(on_arrival(Policy::kFastest, left(1)) == kMiddle);  // runs what the client asked for
}

TEST_CASE("MDInference takes the most accurate that is in time, and knows of no queue") {
  CHECK(on_arrival(Policy::kMdInference, left(100)) == kLarge);
  CHECK(on_arrival(Policy::kMdInference, left(100, 50)) == kMiddle);
  CHECK(on_arrival(Policy::kMdInference, left(100, 80)) == kSmall);
  CHECK(on_arrival(Policy::kMdInference, left(100, 0, 60)) == kLarge);
}

TEST_CASE("the one that ships counts the queue, and takes no model larger than the picture") {
  CHECK(on_arrival(Policy::kSluice, left(100)) == kLarge);
  CHECK(on_arrival(Policy::kSluice, left(100, 0, 60)) == kMiddle);
  CHECK(on_arrival(Policy::kSluice, left(100), 224) == kMiddle);
  CHECK(on_arrival(Policy::kSluice, left(100), 128) == kSmall);
}

TEST_CASE("those that draw take what is inside the budget, and by accuracy where they say so") {
  CHECK(drawn(Policy::kRandom, left(0)).size() == 3);
  const auto budget1 = drawn(Policy::kBudget1, left(60));
  CHECK(budget1.count(kLarge) == 0);
  CHECK(budget1.at(kSmall) == doctest::Approx(1500).epsilon(0.1));
  const auto budget2 = drawn(Policy::kBudget2, left(60));
  CHECK(budget2.count(kLarge) == 0);
  CHECK(budget2.at(kMiddle) == doctest::Approx(3000 * 70.0 / 120).epsilon(0.05));
  CHECK(drawn(Policy::kBudget1, left(1)) == std::map<std::size_t, int>{{kSmall, 3000}});  // nothing is: the fastest
  const auto exploration = drawn(Policy::kExploration, left(1));
  CHECK(exploration.at(kLarge) == doctest::Approx(3000 * 80.0 / 200).epsilon(0.05));
}

TEST_CASE("before sending, Jellyfish takes what 99 of 100 times is in time, and the fastest where nothing is") {
  CHECK(selector(Policy::kJellyfish).before_sending(outlook(5, 5, 5)) == kLarge);
  CHECK(selector(Policy::kJellyfish).before_sending(outlook(5, 5, 10)) == kMiddle);  // 90 ms and 2.3 deviations of 5
  CHECK(selector(Policy::kJellyfish).before_sending(outlook(200, 300, 400)) == kSmall);
}

TEST_CASE("before sending, the one that ships sends as much as is in time, and more where it costs nothing") {
  CHECK(selector(Policy::kSluice).before_sending(outlook(5, 20, 60)) == kMiddle);
  CHECK(selector(Policy::kSluice).before_sending(outlook(60, 60, 60)) == kLarge);  // as soon there: the server chooses
  CHECK(selector(Policy::kMdInference).before_sending(outlook(60, 200, 500)) == kLarge);
}

TEST_CASE("every policy has a name of its own") {
  std::map<std::string_view, int> names;
  for (const Policy policy : kPolicies) ++names[name_of(policy)];
  CHECK(names.size() == kPolicies.size());
  CHECK(names.count("sluice") == 1);
}
