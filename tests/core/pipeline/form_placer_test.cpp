// Inputs are placed by what their forms would take, over links and servers that the client does not know.
#include "core/pipeline/form_placer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/core/pipeline/placed_world.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<PlacedWorld> lived(const WorldOptions& options) {
  auto world = std::make_unique<PlacedWorld>(options);
  world->run();
  return world;
}

double right_share(const PlacedWorld& world, std::size_t from = 0, std::size_t to = 100'000) {
  int right = 0;
  int placed = 0;
  for (std::size_t i = from; i < std::min(to, world.inputs.size()); ++i) {
    if (!world.inputs[i].placement) continue;
    ++placed;
    if (world.inputs[i].is_right()) ++right;
  }
  REQUIRE(placed > 0);
  return static_cast<double>(right) / placed;
}

// What the decisions cost over the best ones, all inputs together.
double regret(const PlacedWorld& world) {
  double taken = 0;
  double best = 0;
  for (const WorldInput& one : world.inputs) {
    if (!one.placement) continue;
    taken += one.would_take_ms[static_cast<std::size_t>(one.placement->chosen().form)].value_or(0);
    best += one.best_ms();
  }
  return taken / best - 1;
}

// Had that form been taken always.
double fixed_share(const PlacedWorld& world, Form form) {
  const auto right =
      std::ranges::count_if(world.inputs, [&](const WorldInput& one) { return one.would_be_right(form); });
  return static_cast<double>(right) / static_cast<double>(world.inputs.size());
}

int count(const PlacedWorld& world, Form form) {
  return static_cast<int>(std::ranges::count_if(
      world.inputs, [&](const WorldInput& one) { return one.placement && one.placement->chosen().form == form; }));
}

int count(const PlacedWorld& world, Duplicate duplicate) {
  return static_cast<int>(std::ranges::count_if(
      world.inputs, [&](const WorldInput& one) { return one.placement && one.placement->duplicate == duplicate; }));
}

}  // namespace

TEST_CASE("what is taken is what one that knows the link would have taken, on links of every kind") {
  for (const double bytes_per_s : {60e3, 250e3, 1e6, 3e6, 10e6, 25e6, 40e6}) {
    for (const bool own_files : {true, false}) {
      CAPTURE(bytes_per_s);
      CAPTURE(own_files);
      WorldOptions options;
      options.up_bytes_per_s = [bytes_per_s](Instant) { return bytes_per_s; };
      options.own_files = own_files;
      const auto world = lived(options);
      // Replies scatter by up to 6 ms; on the fastest link that is as much as there is between the forms.
      CHECK(right_share(*world) > (bytes_per_s < 20e6 ? 0.95 : 0.8));
      CHECK(regret(*world) < (bytes_per_s < 20e6 ? 0.01 : 0.08));
    }
  }
}

TEST_CASE("no form is the right one for all pictures: on a middling link neither always shrinking nor never is") {
  WorldOptions options;
  options.up_bytes_per_s = [](Instant) { return 25e6; };
  const auto world = lived(options);
  CHECK(right_share(*world) > 0.93);
  for (const Form form : {Form::kWhole, Form::kFile, Form::kShrunk}) {
    CAPTURE(form_name(form));
    CHECK(fixed_share(*world, form) < right_share(*world));
  }
}

TEST_CASE("a link whose rate changes in the middle is followed") {
  WorldOptions options;
  options.inputs = 300;
  options.up_bytes_per_s = [](Instant now) { return now < Instant{} + 70s || now > Instant{} + 140s ? 25e6 : 300e3; };
  const auto world = lived(options);
  CHECK(right_share(*world) > 0.93);
  CHECK(fixed_share(*world, Form::kFile) < 0.75);
  CHECK(fixed_share(*world, Form::kShrunk) < 0.8);
  // Within a few answers of each change.
  CHECK(right_share(*world, 105, 195) > 0.95);
  CHECK(right_share(*world, 205, 300) > 0.85);
}

TEST_CASE("what was predicted is about what it took") {
  WorldOptions options;
  options.up_bytes_per_s = [](Instant) { return 2e6; };
  const auto world = lived(options);
  std::vector<double> off;
  for (const WorldInput& one : world->inputs) {
    REQUIRE(one.placement.has_value());
    const ConsideredAnswer& form = one.placement->chosen();
    const auto actual = static_cast<double>(one.placement->actual_ms);
    off.push_back(std::abs(form.predicted.mean_ms - actual) / actual);
    CHECK(one.placement->count >= 2);
    CHECK(one.placement->actual_bytes > 0);
  }
  std::ranges::sort(off);
  CHECK(off[off.size() / 2] < 0.1);
  CHECK(off[off.size() * 95 / 100] < 0.4);
}

TEST_CASE("the model here takes what the link is too thin for, once its time is known from the bundle") {
  WorldOptions options;
  options.here = 180ms;
  options.up_bytes_per_s = [](Instant) { return 80e3; };
  const auto unknown = lived(options);
  CHECK(count(*unknown, Form::kHere) == 0);
  options.here_profile_ms = 200;
  const auto known = lived(options);
  CHECK(count(*known, Form::kHere) > 100);
  CHECK(right_share(*known) > 0.93);
}

TEST_CASE("a placed run is decided again in the same way") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    WorldOptions options;
    options.seed = seed;
    options.here = 400ms;
    options.duplicate = true;
    options.budget_ms = 900;
    options.up_bytes_per_s = [](Instant now) { return now < Instant{} + 60s ? 15e6 : 150e3; };
    options.server_silent = [](Instant now) { return now > Instant{} + 30s && now < Instant{} + 40s; };
    const auto world = lived(options);
    CHECK(count(*world, Duplicate::kWon) > 0);
    std::vector<ReplayedEnd> again;
    const auto replayed = replay(world->decisions, world->manifest, {world->client_options, {}},
                                 [&](const ReplayedEnd& end) { again.push_back(end); });
    if (!replayed) FAIL(replayed.error().message);
    REQUIRE(again.size() == world->ends.size());
    for (std::size_t i = 0; i < again.size(); ++i) {
      CHECK(again[i].when == world->ends[i].when);
      CHECK(again[i].how == world->ends[i].how);
      REQUIRE(again[i].placement.has_value() == world->ends[i].placement.has_value());
      if (!again[i].placement) continue;
      CHECK(again[i].placement->chosen().form == world->ends[i].placement->chosen().form);
      CHECK(again[i].placement->chosen().predicted == world->ends[i].placement->chosen().predicted);
      CHECK(again[i].placement->actual_ms == world->ends[i].placement->actual_ms);
      CHECK(again[i].placement->duplicate == world->ends[i].placement->duplicate);
    }
  }
}

TEST_CASE("on a quick link the duplicate is skipped") {
  WorldOptions options;
  options.here = 700ms;
  options.duplicate = true;
  options.budget_ms = 2500;
  options.up_bytes_per_s = [](Instant) { return 5e6; };
  const auto world = lived(options);
  CHECK(world->ran_here <= 2);  // the first ones, from which its time is known
  CHECK(count(*world, Duplicate::kSkipped) >= options.inputs - 2);
  CHECK(count(*world, Duplicate::kWon) == 0);
}

TEST_CASE("when the server goes silent the model here answers by the deadline, and nothing is late") {
  WorldOptions options;
  options.here = 400ms;
  options.duplicate = true;
  options.budget_ms = 900;
  options.up_bytes_per_s = [](Instant) { return 5e6; };
  options.server_silent = [](Instant now) { return now > Instant{} + 40s && now < Instant{} + 60s; };
  const auto with = lived(options);
  options.duplicate = false;
  const auto without = lived(options);
  const auto failed = [](const PlacedWorld& world) { return std::ranges::count_if(world.inputs, &WorldInput::failed); };
  CHECK(failed(*without) > 5);
  CHECK(failed(*with) == 0);
  CHECK(count(*with, Duplicate::kWon) > 0);
  for (const WorldInput& one : with->inputs) {
    CHECK(one.took <= 900ms);
    if (one.kind == AnswerKind::kLocal) CHECK_FALSE(one.stopgap);  // it is the model itself
  }
}

TEST_CASE("a variant that stands in answers when the deadline comes, as a stopgap, and not before the server") {
  WorldOptions options;
  options.here = 60ms;
  options.stand_in = "int8";
  options.duplicate = true;
  options.budget_ms = 600;
  options.up_bytes_per_s = [](Instant) { return 5e6; };
  options.server_silent = [](Instant now) { return now > Instant{} + 40s && now < Instant{} + 60s; };
  const auto world = lived(options);
  int won = 0;
  int failed = 0;
  for (const WorldInput& one : world->inputs) {
    if (one.failed) {
      ++failed;
      continue;
    }
    CHECK((one.kind == AnswerKind::kLocal) == one.stopgap);
    if (!one.stopgap) continue;
    ++won;
    // Or once the server's part of it had come to nothing.
    CHECK((one.took == 600ms || one.reason.find("the server's answer was lost") != std::string::npos));
    CHECK(one.reason.find("by the variant 'int8' on this device") != std::string::npos);
  }
  CHECK(won > 5);
  CHECK(failed <= 3);  // until it is known that the variant takes three times what the bundle says
  CHECK(count(*world, Duplicate::kWon) == won);
  CHECK(world->ran_here >= won);
}
