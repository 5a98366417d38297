// The detector's grids and the tiles' labels, with boxes told by hand.
#include "native/bench/tiles/tile_label.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace sluice;
using namespace sluice::bench;

namespace {

constexpr std::uint32_t kSide = 32;
constexpr std::size_t kRow = 85;
constexpr std::size_t kCells = 16 + 4 + 1;  // of strides 8, 16 and 32

SeenBox box(Seen what, float score, float left, float top, float right, float bottom) {
  return {what, score, left, top, right, bottom};
}

}  // namespace

TEST_CASE("boxes lie where their cell is, in source pixels, and other classes are none") {
  std::vector<float> output(kCells * kRow);
  float* cell = &output[6 * kRow];  // x 2, y 1 of the finest grid
  cell[0] = 0.5F;
  cell[1] = 0.25F;
  cell[2] = std::log(2.0F);
  cell[3] = std::log(1.0F);
  cell[4] = 0.8F;
  cell[5 + 2] = 0.9F;  // a car
  float* last = &output[20 * kRow];
  last[4] = 1;
  last[5 + 16] = 1;  // a dog
  const auto boxes = read_yolox(output, kSide, {0.5F, 0.5F}, 0.1F);
  REQUIRE(boxes.has_value());
  REQUIRE(boxes->size() == 1);
  const SeenBox& car = boxes->front();
  CHECK(car.what == Seen::kVehicle);
  CHECK(car.score == doctest::Approx(0.72));
  CHECK(car.left == doctest::Approx((2.5 * 8 - 8) / 0.5));
  CHECK(car.right == doctest::Approx((2.5 * 8 + 8) / 0.5));
  CHECK(car.top == doctest::Approx((1.25 * 8 - 4) / 0.5));
  CHECK(car.bottom == doctest::Approx((1.25 * 8 + 4) / 0.5));
  CHECK(read_yolox(output, kSide, {0.5F, 0.5F}, 0.73F)->empty());
  const auto wrong = read_yolox(std::span(output).first(kRow), kSide, {}, 0.1F);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().code == ErrorCode::kShapeMismatch);
}

TEST_CASE("a tile shows what covers a tenth of it, or is half in it; what nobody is sure of has no label") {
  const Tile tile{100, 100, 100};
  CHECK(label_tile(tile, {}) == TileLabel::kNothing);
  const std::vector apart{box(Seen::kPerson, 0.9F, 0, 0, 99, 300)};
  CHECK(label_tile(tile, apart) == TileLabel::kNothing);
  const std::vector covers{box(Seen::kPerson, 0.9F, 0, 0, 300, 110)};
  CHECK(label_tile(tile, covers) == TileLabel::kPerson);
  const std::vector small{box(Seen::kVehicle, 0.6F, 95, 140, 110, 150)};
  CHECK(label_tile(tile, small) == TileLabel::kVehicle);
  const std::vector edge{box(Seen::kVehicle, 0.9F, 0, 140, 105, 150)};
  CHECK_FALSE(label_tile(tile, edge).has_value());
  const std::vector unsure{box(Seen::kPerson, 0.4F, 110, 110, 190, 190)};
  CHECK_FALSE(label_tile(tile, unsure).has_value());
  const std::vector both{box(Seen::kPerson, 0.6F, 110, 110, 190, 190), box(Seen::kVehicle, 0.7F, 110, 110, 190, 190)};
  CHECK(label_tile(tile, both) == TileLabel::kVehicle);
  CHECK(tile_label_name(TileLabel::kVehicle) == "vehicle");
}
