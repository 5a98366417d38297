// Rounding is part of the format: to the nearest, halves upwards.
#include "core/split/device/rescale.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>

#include "core/split/device/unit_writer.hpp"

using namespace sluice::split;

TEST_CASE("halves are rounded upwards, on both sides of zero") {
  const std::uint32_t half = *make_rescale(0.5);
  CHECK(rescale(1, half) == 1);
  CHECK(rescale(-1, half) == 0);
  CHECK(rescale(3, half) == 2);
  CHECK(rescale(-3, half) == -1);
  CHECK(rescale(4, half) == 2);
  CHECK(rescale(-4, half) == -2);
}

TEST_CASE("the largest sums and factors stay within their bits, and the smallest factors give nothing") {
  constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int32_t>::min();
  for (std::uint32_t shift = kLeastShift; shift <= kMostShift; ++shift) {
    const std::uint32_t packed = 0xFFFFFF00U | shift;
    REQUIRE(is_rescale(packed));
    const long double exact = static_cast<long double>(kMost) * 0xFFFFFF;
    long double divisor = 1;
    for (std::uint32_t i = 0; i < shift; ++i) divisor *= 2;
    CHECK(std::fabs(static_cast<long double>(rescale(kMost, packed)) - exact / divisor) <= 0.5L);
    CHECK(rescale(kLeast, packed) <= 0);
  }
  CHECK_FALSE(is_rescale(0xFFFFFF00 | 23));
  CHECK_FALSE(is_rescale(0xFFFFFF00 | 63));
  CHECK(rescale(kMost, *make_rescale(1e-30)) == 0);
  CHECK(rescale(kLeast, *make_rescale(0)) == 0);
}

TEST_CASE("a factor is kept to 24 bits, also where the mantissa rounds up to the next power of two") {
  for (const double factor : {0.9998, 0.37, 1e-6, 3e-9, 0.5 - 1e-12}) {
    CAPTURE(factor);
    const auto packed = make_rescale(factor);
    REQUIRE(packed.has_value());
    const auto result = static_cast<double>(rescale(1'000'000'000, *packed));
    CHECK(result == doctest::Approx(1e9 * factor).epsilon(1e-7));
  }
  CHECK_FALSE(make_rescale(-0.1).has_value());
  CHECK_FALSE(make_rescale(1).has_value());
  CHECK_FALSE(make_rescale(std::numeric_limits<double>::quiet_NaN()).has_value());
}
