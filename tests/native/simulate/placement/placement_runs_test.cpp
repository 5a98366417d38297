// Policies on made-up pictures whose times follow laws: who is right, the paired oracle, and setups that are none.
#include "native/simulate/placement/placement_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "native/simulate/draw.hpp"
#include "native/simulate/placement/placement_report.hpp"

using namespace sluice::simulate;
using sluice::ErrorCode;

namespace {

std::vector<MeasuredPicture> pictures(std::size_t count) {
  Draw draw(1);
  std::vector<MeasuredPicture> made;
  for (std::size_t i = 0; i < count; ++i) {
    MeasuredPicture picture;
    picture.bytes = mixed_bytes(draw.uniform());
    const double pixels = picture.bytes * 4;
    picture.width = static_cast<std::uint32_t>(std::sqrt(pixels * 4 / 3)) + 1;
    picture.height = static_cast<std::uint32_t>(std::sqrt(pixels * 3 / 4)) + 1;
    const double divisor = std::pow(2, std::floor(std::log2(std::max(picture.height / 331.0, 1.0))));
    picture.shrunk_width = static_cast<std::uint32_t>(picture.width / divisor);
    picture.shrunk_height = static_cast<std::uint32_t>(picture.height / divisor);
    picture.shrunk_bytes = picture.shrunk_pixels() * 0.35;
    const double noise = 0.95 + 0.1 * draw.uniform();
    picture.device_ms.fill(noise * (1 + 3e-6 * picture.pixels()));
    picture.server_ms.fill(noise * (1 + 6e-6 * picture.pixels()));
    picture.server_shrunk_ms.fill(noise * (1 + 6e-6 * picture.shrunk_pixels()));
    made.push_back(picture);
  }
  return made;
}

const PolicyOutcome& of(const PlacementOutcome& outcome, std::string_view name) {
  return *std::find_if(outcome.policies.begin(), outcome.policies.end(),
                       [name](const PolicyOutcome& one) { return one.name == name; });
}

}  // namespace

TEST_CASE("on networks that wander the shipped policy is nearly always right, and better than both constants") {
  const auto outcomes = run_placement(pictures(150), made_up_networks(1), {}, {});
  REQUIRE(outcomes.has_value());
  const PlacementOutcome& all = outcomes->back();
  CHECK(all.network == "all");
  CHECK(all.matters > 500);
  const auto right = [&all](std::string_view name) {
    return static_cast<double>(of(all, name).right_where_it_matters) / static_cast<double>(all.matters);
  };
  CHECK(right("sluice") > 0.97);
  CHECK(right("sluice") > right("always-device"));
  CHECK(right("sluice") > right("always-server"));
  CHECK(right("sluice") >= right("pieslicer-released"));
  CHECK(right("inverse") < 0.5);
  CHECK(of(all, "sluice").p99_ms < 1.05 * all.oracle.p99_ms);
  // No policy is better than the oracle of the same run.
  for (const PolicyOutcome& one : all.policies) CHECK(one.p50_ms >= all.oracle.p50_ms);
}

TEST_CASE("networks are told apart, and one seed gives one outcome") {
  const auto some = pictures(50);
  const auto one = run_placement(some, made_up_networks(1), {}, {});
  const auto same = run_placement(some, made_up_networks(1), {}, {});
  REQUIRE(one.has_value());
  REQUIRE(one->size() == made_up_networks(1).size() + 1);
  CHECK(one->front().oracle.p95_ms < (*one)[3].oracle.p95_ms);  // 84 and 7 Mbit/s
  for (std::size_t i = 0; i < one->size(); ++i)
    CHECK(of((*one)[i], "sluice").p99_ms == of((*same)[i], "sluice").p99_ms);
}

TEST_CASE("without pictures, networks or requests there is nothing to run") {
  CHECK(run_placement({}, made_up_networks(1), {}, {}).error().code == ErrorCode::kInvalidArgument);
  CHECK(run_placement(pictures(3), {}, {}, {}).error().code == ErrorCode::kInvalidArgument);
  PlacementPlan plan;
  plan.requests = 1;
  CHECK(run_placement(pictures(3), made_up_networks(1), plan, {}).error().code == ErrorCode::kInvalidArgument);
  CHECK(make_placement_policies({}).error().code == ErrorCode::kInvalidArgument);
  CHECK(placement_json({}).find("\"decision_accuracy\":null") != std::string::npos);
}
