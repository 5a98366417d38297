// What each policy of placement begins with, and what it learns.
#include "native/simulate/placement/placement_policy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace sluice;
using namespace sluice::simulate;
using adapt::PreprocessAt;

namespace {

// Shrinking costs 10 ms a megapixel and leaves 20 kB; a link of 1 MB a second and 20 ms; the server takes 4 ms a megapixel.
struct World {
  double bytes_per_s = 1e6;

  PictureFacts picture(double megapixels) const {
    PictureFacts facts;
    facts.width = facts.height = static_cast<std::uint32_t>(1000 * std::sqrt(megapixels));
    facts.bytes = 3e5 * megapixels;
    facts.shrunk_pixels = 5e4;
    return facts;
  }
  WayTaken way(const PictureFacts& facts, PreprocessAt at) const {
    WayTaken taken;
    taken.at = at;
    const bool device = at == PreprocessAt::kDevice;
    taken.device_ms = device ? 10 * facts.pixels() / 1e6 : 0;
    taken.sent_bytes = device ? 2e4 : facts.bytes;
    taken.transfer_ms = 20 + 1e3 * taken.sent_bytes / bytes_per_s;
    taken.server_ms = 4 * (device ? facts.shrunk_pixels : facts.pixels()) / 1e6;
    return taken;
  }
  std::vector<BothWays> seen() const {
    std::vector<BothWays> all;
    for (const double megapixels : {0.02, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 0.05, 0.2, 3.0}) {
      const PictureFacts facts = picture(megapixels);
      all.push_back({facts, way(facts, PreprocessAt::kDevice), way(facts, PreprocessAt::kServer)});
    }
    return all;
  }
};

PlacementPolicy& named(std::vector<NamedPolicy>& policies, std::string_view name) {
  const auto found = std::ranges::find(policies, name, &NamedPolicy::name);
  REQUIRE(found != policies.end());
  return *found->policy;
}

}  // namespace

TEST_CASE("with nothing seen there is no policy, and otherwise each by its name, once") {
  CHECK(make_placement_policies({}).error().code == ErrorCode::kInvalidArgument);
  auto policies = make_placement_policies(World{}.seen());
  REQUIRE(policies);
  CHECK(policies->size() == 9);
  for (const NamedPolicy& one : *policies) {
    CHECK(std::ranges::count(*policies, one.name, &NamedPolicy::name) == 1);
  }
  CHECK(policies->back().name == kShippedPolicy);
}

TEST_CASE("large pictures are shrunk first and small ones sent, by all that weigh") {
  const World world;
  auto policies = make_placement_policies(world.seen());
  REQUIRE(policies);
  for (const char* name : {"pieslicer", "rls", "sluice"}) {
    CAPTURE(name);
    CHECK(named(*policies, name).choose(world.picture(4)) == PreprocessAt::kDevice);
    CHECK(named(*policies, name).choose(world.picture(0.02)) == PreprocessAt::kServer);
  }
  CHECK(named(*policies, "inverse").choose(world.picture(4)) == PreprocessAt::kServer);
  CHECK(named(*policies, "always-device").choose(world.picture(0.02)) == PreprocessAt::kDevice);
  CHECK(named(*policies, "always-server").choose(world.picture(4)) == PreprocessAt::kServer);
}

TEST_CASE("what learns the link follows it, and what does not stays") {
  const World slow{1e6};
  const World fast{1e9};
  auto policies = make_placement_policies(slow.seen());
  REQUIRE(policies);
  for (int i = 0; i < 200; ++i) {
    for (NamedPolicy& one : *policies) {
      for (const double megapixels : {0.5, 2.0, 4.0}) {
        const PictureFacts facts = fast.picture(megapixels);
        one.policy->learn(facts, fast.way(facts, i % 2 == 0 ? PreprocessAt::kDevice : PreprocessAt::kServer));
      }
    }
  }
  // On the fast link the server shrinks for less than the device.
  CHECK(named(*policies, "rls").choose(fast.picture(4)) == PreprocessAt::kServer);
  CHECK(named(*policies, "sluice").choose(fast.picture(4)) == PreprocessAt::kServer);
  CHECK(named(*policies, "pieslicer-released").choose(fast.picture(4)) == PreprocessAt::kDevice);
}
