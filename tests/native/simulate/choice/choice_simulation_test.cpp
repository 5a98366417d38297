// Runs on a small table whose best answers are known.
#include "native/simulate/choice/choice_simulation.hpp"

#include <doctest/doctest.h>

#include "tests/native/simulate/choice/toy_answers.hpp"

using namespace sluice::simulate;
using sluice::adapt::AnswerKind;

namespace {

struct Toy {
  AnswerTable table = *parse_answer_table(test::toy_answers(4000));
  AnswerEstimates estimates = estimate_answers(table);
  NetworkTrace network = *NetworkTrace::create("steady", {{60, 1e6}});
  ChoiceSetup setup;

  Toy() {
    setup.table = &table;
    setup.estimates = &estimates;
    setup.world.network = &network;
    setup.inputs = 4000;
    setup.check_share = 0;
  }
};

double share_of(const ChoiceOutcome& outcome, AnswerKind kind) { return outcome.kinds[static_cast<std::size_t>(kind)]; }

}  // namespace

TEST_CASE("a fixed answer costs and errs as its column says") {
  const Toy toy;
  const auto here = simulate_fixed(toy.setup, {std::nullopt, 1});
  REQUIRE(here.has_value());
  CHECK(here->cost == doctest::Approx(40));
  CHECK(here->wrong == 0);
  CHECK(here->attainment == 1);
  CHECK(share_of(*here, AnswerKind::kRunHere) == 1);
  const auto exits = simulate_fixed(toy.setup, {std::nullopt, 0});
  CHECK(exits->wrong == doctest::Approx(0.1).epsilon(0.1));
  CHECK(exits->cost == doctest::Approx(12.5).epsilon(0.05));
}

TEST_CASE("behind a gate half of the frames need nothing more") {
  const Toy toy;
  const auto gated = simulate_fixed(toy.setup, {0, 1});
  CHECK(gated->cost == doctest::Approx(0.5 + 20).epsilon(0.05));
  CHECK(share_of(*gated, AnswerKind::kReuse) == doctest::Approx(0.25).epsilon(0.05));
  CHECK(share_of(*gated, AnswerKind::kSkip) == doctest::Approx(0.25).epsilon(0.05));
}

TEST_CASE("the choice keeps promise and deadline, and is cheaper than any fixed answer that does") {
  const Toy toy;
  const auto choice = simulate_choice(toy.setup);
  REQUIRE(choice.has_value());
  CHECK(choice->wrong <= 0.05);
  CHECK(choice->attainment > 0.95);
  for (std::size_t column = 0; column < toy.table.columns.size(); ++column) {
    CAPTURE(column);
    const auto fixed = simulate_fixed(toy.setup, {std::nullopt, column});
    const bool keeps = fixed->wrong <= 0.05 && fixed->attainment >= 0.95;
    CHECK((!keeps || choice->cost < 0.7 * fixed->cost));
  }
}

TEST_CASE("a stricter target costs more, and none at all next to nothing") {
  Toy toy;
  toy.setup.target = 0.999;
  const auto strict = simulate_choice(toy.setup);
  CHECK(strict->wrong <= 0.0015);
  toy.setup.target = 0;
  const auto loose = simulate_choice(toy.setup);
  CHECK(loose->cost < 0.1 * strict->cost);
}

TEST_CASE("on a link that carries next to nothing, nothing is sent but pings") {
  Toy toy;
  const NetworkTrace dead = *NetworkTrace::create("nearly dead", {{60, 2000}});
  toy.setup.world.network = &dead;
  const auto choice = simulate_choice(toy.setup);
  CHECK(share_of(*choice, AnswerKind::kSendWhole) < 0.01);
  CHECK(choice->wrong <= 0.05);
  CHECK(choice->attainment > 0.95);
}

TEST_CASE("the same seed gives the same run") {
  const Toy toy;
  const auto one = simulate_choice(toy.setup);
  const auto again = simulate_choice(toy.setup);
  CHECK(one->cost == again->cost);
  CHECK(one->wrong == again->wrong);
  CHECK(one->kinds == again->kinds);
}

TEST_CASE("a setup that cannot run is refused") {
  Toy toy;
  CHECK_FALSE(simulate_fixed(toy.setup, {std::nullopt, 99}).has_value());
  CHECK_FALSE(simulate_fixed(toy.setup, {9, 0}).has_value());
  toy.setup.target = 2;
  CHECK_FALSE(simulate_choice(toy.setup).has_value());
  toy.setup.target = 0.9;
  toy.setup.world.server_load = 1;
  CHECK_FALSE(simulate_choice(toy.setup).has_value());
  CHECK_FALSE(simulate_choice({}).has_value());
}
