// What a bundle's halves do at a target, for those who have no client at hand: the same as the client's route would.
#include "core/pipeline/chosen_points.hpp"

#include <doctest/doctest.h>

#include "tests/core/pipeline/client_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;

TEST_CASE("the halves take the least point that keeps the target, as far as the questions leave it to them") {
  Manifest manifest = pipeline::testing::ClientPeer::faces();
  CHECK_FALSE(chosen_split_point(manifest, 0.5F));
  manifest.split = SplitSpec{"device", "remote", {}, {{0.7F, 0}, {0.8F, 1}, {0.9F, 3}}};
  for (const auto& [target, channels] :
       std::vector<std::pair<float, std::uint32_t>>{{0.5F, 0}, {0.7F, 0}, {0.75F, 1}, {0.8F, 1}, {0.9F, 3}}) {
    CAPTURE(target);
    const auto point = chosen_split_point(manifest, target);
    REQUIRE(point);
    CHECK(point->channels == channels);
  }
  CHECK_FALSE(chosen_split_point(manifest, 0.95F));
}
