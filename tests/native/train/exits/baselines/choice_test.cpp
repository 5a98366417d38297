// What baselines choose without training: thresholds by trying, places of exits, models of a bag; counted by hand.
#include "tests/native/train/doctest_with_torch.hpp"

#include <array>

#include "native/train/exits/baselines/exit_placement.hpp"
#include "native/train/exits/baselines/joint_exits.hpp"
#include "native/train/exits/baselines/model_bag.hpp"
#include "native/train/exits/baselines/threshold_choice.hpp"

namespace {

namespace eval = sluice::eval;
using namespace sluice::train::exits;
using namespace sluice::train::exits::baselines;

// Four inputs, two exits: the first is right on the inputs that it is sure of, but for the second.
eval::ExitProfile small_profile() {
  eval::ExitProfile profile;
  profile.exits = {
      {{0.9F, true, true}, {0.7F, false, false}, {0.5F, true, true}, {0.2F, false, false}},
      {{0.9F, true, true}, {0.8F, true, true}, {0.8F, true, true}, {0.3F, false, false}},
  };
  profile.full_right = {1, 1, 1, 1};
  return profile;
}

const eval::ExitCosts kCosts{{10, 20, 70}, {0, 0}};

Places some_places() {
  Places places;
  places.all = {{"a", 8, 32, 10}, {"b", 8, 16, 25}, {"c", 8, 16, 40}, {"d", 8, 8, 55}, {"e", 8, 4, 90}};
  places.multiply_adds = 100;
  return places;
}

}  // namespace

TEST_CASE("the product of thresholds has every combination once") {
  const auto all = threshold_product(std::array{0.1F, 0.2F, 0.3F}, 2);
  REQUIRE(all.size() == 9);
  CHECK(all[0] == Thresholds{0.1F, 0.1F});
  CHECK(all[1] == Thresholds{0.1F, 0.2F});
  CHECK(all[8] == Thresholds{0.3F, 0.3F});
  CHECK(threshold_product(std::array{0.1F}, 0) == std::vector<Thresholds>{{}});
  CHECK(common_thresholds(std::array{0.1F, 0.2F}, 2) == std::vector<Thresholds>{{0.1F, 0.1F}, {0.2F, 0.2F}});
}

TEST_CASE("the front has what no other candidate beats in both cost and accuracy, from the cheapest on") {
  const std::vector<Thresholds> candidates = {
      {1, 1},        // all go through: 100, four right
      {0, 0},        // all leave at the first: 10, two right
      {0.6F, 0},     // two leave at the first, two at the second: 20, two right; beaten by the one before
      {0.8F, 0.5F},  // one at the first, two at the second, one through: (10 + 30 + 30 + 100) / 4, four right
      {0.8F, 0.6F},  // the same again
      {0.4F, 0.9F},  // three at the first, one through: (30 + 100) / 4, three right
  };
  const auto front = pareto_front(small_profile(), kCosts, candidates);
  CHECK(front == std::vector<std::size_t>{1, 5, 3});
  CHECK(pareto_front(small_profile(), kCosts, {}).empty());
}

TEST_CASE("BranchyNet's exits stand where maps first have half and a quarter of the side") {
  CHECK(branchy_places(some_places(), 32) == std::vector<std::size_t>{1, 3});
  CHECK(branchy_places(some_places(), 8) == std::vector<std::size_t>{4});
  CHECK(branchy_places({}, 32).empty());
}

TEST_CASE("exits at shares of the cost stand at the nearest places, none twice") {
  CHECK(places_at(some_places(), std::array{0.15, 0.3, 0.45, 0.6, 0.75, 0.9}) ==
        std::vector<std::size_t>{0, 1, 2, 3, 4});
  CHECK(places_at({}, std::array{0.5}).empty());
}

TEST_CASE("an exit is named by its place and filters") {
  const auto two = parse_exit("a=b=32+16");
  REQUIRE(two.has_value());
  CHECK(two->place == "a=b");
  CHECK(two->filters == Filters{32, 16});
  REQUIRE(parse_exit("Relu_3=").has_value());
  CHECK(parse_exit("Relu_3=")->filters.empty());
  for (const char* wrong : {"Relu_3", "=8", "Relu_3=8+", "Relu_3=0", "Relu_3=+8", "Relu_3=8x", "Relu_3=-8"}) {
    const auto refused = parse_exit(wrong);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find(wrong) != std::string::npos);
  }
}

TEST_CASE("of a bag the first sure model answers, the oracle takes the first that is right") {
  CHECK(cascade_models(small_profile(), std::array{0.6F, 0.5F}) == std::vector<std::size_t>{0, 0, 1, 2});
  CHECK(oracle_models(small_profile()) == std::vector<std::size_t>{0, 1, 0, 2});
}

TEST_CASE("loading counts each model that was not in memory when it ran") {
  const std::array ms{1.0, 2.0, 4.0};
  // 0 | 0 | 0 1 | 0 1 2 in turn: 1, 0, 2, 1 + 2 + 4.
  CHECK(mean_load_ms(std::array<std::size_t, 4>{0, 0, 1, 2}, ms, false) == doctest::Approx(10 / 4.0));
  // 0, then 2, then 2 again, then 0.
  CHECK(mean_load_ms(std::array<std::size_t, 4>{0, 2, 2, 0}, ms, true) == doctest::Approx(6 / 4.0));
  CHECK(mean_load_ms({}, ms, true) == 0);
}
