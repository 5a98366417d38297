#include "core/model/ops/float16.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

using sluice::model::ops::Float16;

TEST_CASE("every half survives the way through float and back") {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    Float16 half;
    half.bits = static_cast<std::uint16_t>(bits);
    const float wide = half;
    if (std::isnan(wide)) {
      CHECK(std::isnan(static_cast<float>(Float16(wide))));
    } else {
      CHECK(Float16(wide).bits == half.bits);
      CHECK(Float16(static_cast<double>(wide)).bits == half.bits);
    }
  }
}

TEST_CASE("rounding is to nearest even, in one step from double too") {
  CHECK(Float16(1.0F).bits == 0x3c00);
  CHECK(Float16(65504.0F).bits == 0x7bff);
  CHECK(Float16(65519.0F).bits == 0x7bff);
  CHECK(Float16(65520.0F).bits == 0x7c00);
  CHECK(Float16(std::numeric_limits<float>::infinity()).bits == 0x7c00);
  CHECK(Float16(-0.0F).bits == 0x8000);
  CHECK(Float16(0x1p-24F).bits == 0x0001);
  CHECK(Float16(0x1p-25F).bits == 0x0000);
  CHECK(Float16(0x1.8p-25F).bits == 0x0001);
  CHECK(Float16(1.0F + 0x1p-11F).bits == 0x3c00);
  CHECK(Float16(1.0F + 0x1.8p-10F).bits == 0x3c02);
  // Just above a tie, by less than a float can hold: rounding to float first would make it a tie and round it down.
  CHECK(Float16(1.0 + 0x1p-11 + 0x1p-40).bits == 0x3c01);
}
