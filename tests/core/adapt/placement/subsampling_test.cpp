#include "core/adapt/placement/subsampling.hpp"

#include <doctest/doctest.h>

using sluice::adapt::kPieSlicerSide;
using sluice::adapt::subsampling_of;

TEST_CASE("the largest power of two that leaves both sides long enough") {
  CHECK(subsampling_of(4000, 3000, kPieSlicerSide) == 8);  // 500 x 375
  CHECK(subsampling_of(2648, 2648, kPieSlicerSide) == 8);  // exactly 331
  CHECK(subsampling_of(2647, 4000, kPieSlicerSide) == 4);
  CHECK(subsampling_of(662, 5000, kPieSlicerSide) == 2);
  CHECK(subsampling_of(661, 661, kPieSlicerSide) == 1);
  CHECK(subsampling_of(100, 5000, kPieSlicerSide) == 1);
}

TEST_CASE("no sides, no least side, and the largest numbers end") {
  CHECK(subsampling_of(0, 0, kPieSlicerSide) == 1);
  CHECK(subsampling_of(16, 16, 0) == 16);
  CHECK(subsampling_of(0xffffffff, 0xffffffff, 331) == 1024);
  CHECK(subsampling_of(0xffffffff, 0xffffffff, 331, 8) == 8);
  CHECK(subsampling_of(4000, 3000, 331, 0) == 1);
}
