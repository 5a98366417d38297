#include "core/model/ops/strided_walk.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace sluice;
using namespace sluice::model::ops;

namespace {

std::vector<std::ptrdiff_t> visited(const Shape& box, const Strides& strides) {
  std::vector<std::ptrdiff_t> offsets;
  StridedWalk<1>(box, {strides}).for_each([&](const auto& at) { offsets.push_back(at[0]); });
  return offsets;
}

}  // namespace

TEST_CASE("dense data comes as one run") {
  const Shape box{2, 3, 4};
  const StridedWalk<2> walk(box, {row_major_strides(box), row_major_strides(box)});
  CHECK(walk.run_length() == 24);
  int runs = 0;
  walk.for_each_run([&](const auto&) { ++runs; });
  CHECK(runs == 1);
}

TEST_CASE("a transposed tensor is read column by column") {
  CHECK(visited(Shape{3, 2}, {1, 3}) == std::vector<std::ptrdiff_t>{0, 3, 1, 4, 2, 5});
}

TEST_CASE("broadcast axes stand still, reversed ones go back") {
  CHECK(visited(Shape{2, 3}, broadcast_strides(Shape{3}, Shape{2, 3})) ==
        std::vector<std::ptrdiff_t>{0, 1, 2, 0, 1, 2});
  CHECK(visited(Shape{2, 3}, broadcast_strides(Shape{2, 1}, Shape{2, 3})) ==
        std::vector<std::ptrdiff_t>{0, 0, 0, 1, 1, 1});
  CHECK(visited(Shape{3}, {-2}) == std::vector<std::ptrdiff_t>{0, -2, -4});
}

TEST_CASE("a scalar is one element, an empty box none, however large its other sizes") {
  CHECK(visited(Shape{}, {}).size() == 1);
  CHECK(visited(Shape{3, 0}, {1, 1}).empty());
  const std::int64_t huge = std::int64_t{1} << 62;
  const Shape hollow{huge, 0, huge};
  CHECK(row_major_strides(hollow)[0] == 0);
  CHECK(StridedWalk<1>().run_length() == 0);
}
