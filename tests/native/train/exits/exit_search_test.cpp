// Which branches and places remain, on answers that were made up.
#include "native/train/exits/exit_search.hpp"

#include "tests/native/train/doctest_with_torch.hpp"

using sluice::eval::ExitCosts;
using sluice::eval::ExitProfile;
using sluice::train::exits::branch_variants;
using sluice::train::exits::Filters;
using sluice::train::exits::Insertion;
using sluice::train::exits::PlaceVariants;
using sluice::train::exits::plan_insertion;
using sluice::train::exits::Search;
using sluice::train::exits::search_branches;

namespace {

// An exit that is right and sure on the first so many inputs of a hundred, and unsure on the others.
std::vector<sluice::eval::ExitAnswer> sure_of(std::size_t inputs) {
  std::vector<sluice::eval::ExitAnswer> answers;
  for (std::size_t i = 0; i < 100; ++i) answers.push_back({i < inputs ? 0.99F : 0.3F, i < inputs, i < inputs});
  return answers;
}

ExitProfile profile_of(std::initializer_list<std::size_t> sure) {
  ExitProfile profile;
  for (const std::size_t inputs : sure) profile.exits.push_back(sure_of(inputs));
  profile.full_right.assign(100, 1);
  return profile;
}

}  // namespace

TEST_CASE("a branch loses layers and filters while its rate holds") {
  const auto variants = branch_variants(32);
  REQUIRE(variants.size() == 7);
  REQUIRE(variants[0] == Filters{32, 32, 32});
  REQUIRE(variants[6].empty());
  PlaceVariants place{variants, {0, 1, 2, 3, 4, 5, 6}};
  // 32+32+32, 32+32, 32, 16+16+16, 16+16, 16, none
  const Search search = search_branches(profile_of({60, 60, 40, 58, 60, 20, 10}), std::array{place}, 0.01, 0.01);
  REQUIRE(search.branches.size() == 1);
  CHECK(variants[search.branches[0]] == Filters{16, 16});
  CHECK(search.steps.back().taken == false);
}

TEST_CASE("an exit that lets less leave than it costs is removed, and its neighbours are judged again") {
  // The first saves nothing to speak of; the second lets half of the inputs leave before 80 of 100.
  const ExitCosts costs{{10, 10, 80}, {5, 5}};
  const Insertion plan = plan_insertion(profile_of({2, 50}), costs, 0.01);
  CHECK(plan.exits == std::vector<std::size_t>{1});
  REQUIRE(plan.steps.size() == 2);
  CHECK(plan.steps[0].removed == 0);
  CHECK(plan.steps[0].r[0] == doctest::Approx(0.02 * 10 / 5));
  CHECK(plan.steps[1].cumulative == std::vector<double>{0.5});
  CHECK(plan.steps[1].r[0] == doctest::Approx(0.5 * 80 / 5));
  CHECK(plan.steps[1].multiply_adds < plan.steps[0].multiply_adds);
}

TEST_CASE("where no exit pays none is left") {
  const Insertion plan = plan_insertion(profile_of({0, 1}), {{10, 10, 80}, {50, 50}}, 0.01);
  CHECK(plan.exits.empty());
}

TEST_CASE("exits that cost too much together go until they do not, the one that pays least for what it costs first") {
  const ExitCosts costs{{10, 10, 80}, {2, 5}};
  const ExitProfile profile = profile_of({40, 90});
  CHECK(plan_insertion(profile, costs, 0.01).exits.size() == 2);
  const Insertion plan = plan_insertion(profile, costs, 0.01, 0.06);
  REQUIRE(plan.steps.size() == 2);
  REQUIRE(plan.steps[0].r[0] < plan.steps[0].r[1]);
  CHECK(plan.exits == std::vector<std::size_t>{1});
  CHECK(plan_insertion(profile, costs, 0.01, 0.04).exits.empty());
}
