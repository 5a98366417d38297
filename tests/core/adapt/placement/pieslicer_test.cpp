// The published lines give the published example, and the break-even sizes that follow from them.
#include "core/adapt/placement/pieslicer.hpp"

#include <doctest/doctest.h>

#include <array>

#include "core/adapt/placement/pieslicer_table.hpp"

using namespace sluice::adapt;

namespace {

struct BreakEven {
  PublishedNetwork network;
  double shrunk_mb;
  std::array<double, 3> mb;  // Nexus 5, Moto X4, Pixel 2
};

constexpr std::array kBreakEvens = {
    BreakEven{PublishedNetwork::kCampus, 0, {0.105, 0.512, 0.555}},
    BreakEven{PublishedNetwork::kCampus, kStatedShrunkMb, {0.270, 0.700, 0.726}},
    BreakEven{PublishedNetwork::kCampus, kMeanShrunkMb, {0.175, 0.592, 0.627}},
    BreakEven{PublishedNetwork::kHome, 0, {0.033, 0.068, 0.041}},
    BreakEven{PublishedNetwork::kHome, kStatedShrunkMb, {0.173, 0.203, 0.171}},
    BreakEven{PublishedNetwork::kHome, kMeanShrunkMb, {0.093, 0.126, 0.096}},
};

}  // namespace

TEST_CASE("break-even sizes of the published lines") {
  for (const BreakEven& row : kBreakEvens) {
    for (const PublishedPhone phone : kPublishedPhones) {
      CAPTURE(name_of(phone));
      CAPTURE(name_of(row.network));
      CAPTURE(row.shrunk_mb);
      const PieSlicerLines lines = published_lines(phone, row.network);
      const auto size = break_even_mb(lines, row.shrunk_mb);
      REQUIRE(size.has_value());
      CHECK(*size == doctest::Approx(row.mb[static_cast<std::size_t>(phone)]).epsilon(0.015));
      // The rule turns there.
      CHECK(pieslicer_choice(pieslicer_times(lines, *size * 1.01, row.shrunk_mb)) == PreprocessAt::kDevice);
      CHECK(pieslicer_choice(pieslicer_times(lines, *size * 0.99, row.shrunk_mb)) == PreprocessAt::kServer);
    }
  }
}

TEST_CASE("the published example of five megabytes") {
  const auto campus =
      pieslicer_times(published_lines(PublishedPhone::kPixel2, PublishedNetwork::kCampus), 5, kStatedShrunkMb);
  CHECK(campus.device_ms == doctest::Approx(381).epsilon(0.002));
  CHECK(campus.server_ms == doctest::Approx(867).epsilon(0.002));
  const auto home =
      pieslicer_times(published_lines(PublishedPhone::kNexus5, PublishedNetwork::kHome), 5, kStatedShrunkMb);
  CHECK(home.device_ms == doctest::Approx(796).epsilon(0.002));
  CHECK(home.server_ms == doctest::Approx(6004).epsilon(0.002));
}

TEST_CASE("a correction of the transfer moves both sums alike, and so no choice") {
  const PieSlicerLines lines = published_lines(PublishedPhone::kMotoX4, PublishedNetwork::kCampus);
  const auto plain = pieslicer_times(lines, 0.9, kMeanShrunkMb);
  const auto corrected = pieslicer_times(lines, 0.9, kMeanShrunkMb, 250);
  CHECK(corrected.device_ms == doctest::Approx(plain.device_ms + 250));
  CHECK(corrected.server_ms == doctest::Approx(plain.server_ms + 250));
  CHECK(pieslicer_choice(corrected) == pieslicer_choice(plain));
}

TEST_CASE("a device slower than the network is never worth it, at any size") {
  CHECK_FALSE(break_even_mb({{500, 10}, {80, 20}, {58, 4}}, 0.1).has_value());
  CHECK_FALSE(break_even_mb({{138, 10}, {80, 20}, {58, 4}}, 0.1).has_value());
}

TEST_CASE("small files and short pictures take the short circuit") {
  const ShortCircuit rule;
  CHECK(is_short_circuit(rule, 53'981, 4000, 3000));
  CHECK_FALSE(is_short_circuit(rule, 53'982, 4000, 3000));
  CHECK(is_short_circuit(rule, 4'000'000, 330, 3000));
  CHECK(is_short_circuit(rule, 4'000'000, 3000, 330));
  CHECK_FALSE(is_short_circuit(rule, 4'000'000, 331, 331));
}
