// What a manifest says of two halves against the device half itself.
#include "core/pipeline/split_check.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::pipeline;

TEST_CASE("points are of channels that the unit codes, and the model takes pictures") {
  split::DeviceUnit unit;
  unit.channels = 4;
  unit.local_channels = 1;
  Manifest manifest;
  manifest.model.input = input::ImageSpec{};
  manifest.split = SplitSpec{"device", "remote", {}, {{0.5F, 0}, {0.9F, unit.coded_channels()}}};
  CHECK(check_split(manifest, unit).has_value());
  manifest.split->points.push_back({0.95F, unit.coded_channels() + 1U});
  const auto more = check_split(manifest, unit);
  REQUIRE_FALSE(more.has_value());
  CHECK(more.error().code == ErrorCode::kMalformedManifest);
  CHECK(more.error().message.find(std::to_string(unit.coded_channels() + 1)) != std::string::npos);
  manifest.split->points.pop_back();
  manifest.model.input = input::TextSpec{};
  CHECK(check_split(manifest, unit).error().message.find("'text'") != std::string::npos);
}
