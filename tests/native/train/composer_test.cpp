// What composed pictures are made of: patches, painted screens, draws from a pool.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

#include "native/train/image/compositing.hpp"
#include "native/train/image/picture_pool.hpp"
#include "native/train/image/pool_draw.hpp"
#include "native/train/image/scene_composer.hpp"
#include "native/train/image/screen_composer.hpp"
#include "native/train/image/screen_painter.hpp"
#include "tests/native/temporary_folder.hpp"

using sluice::eval::RgbImage;
using sluice::test::TemporaryFolder;
using sluice::train::PicturePool;
using sluice::train::PoolDraw;
using sluice::train::Random;
using sluice::train::SceneComposer;
using sluice::train::ScreenComposer;

namespace {

constexpr std::uint32_t kSide = 160;

RgbImage plain(std::uint32_t width, std::uint32_t height, std::uint8_t level) {
  return {width, height, std::vector<std::uint8_t>(std::size_t{width} * height * 3, level)};
}

std::uint8_t red(const RgbImage& image, std::uint32_t x, std::uint32_t y) {
  return image.pixels[(std::size_t{y} * image.width + x) * 3];
}

// Clip 0: nine grey pictures in which nothing was found; clip 1: one white picture with a sure and a weak find.
PicturePool make_pool(const std::filesystem::path& folder) {
  PicturePool pool(folder);
  REQUIRE(pool.begin().has_value());
  for (int i = 0; i < 9; ++i) REQUIRE(pool.add(plain(120, 90, 60), 0, {}).has_value());
  sluice::output::Detection sure;
  sure.x0 = 40;
  sure.y0 = 30;
  sure.x1 = 70;
  sure.y1 = 60;
  sure.score = 0.9F;
  sluice::output::Detection weak = sure;
  weak.score = 0.2F;
  REQUIRE(pool.add(plain(120, 90, 255), 1, {weak, sure}).has_value());
  REQUIRE(pool.finish("pool").has_value());
  return pool;
}

}  // namespace

TEST_CASE("a patch replaces what it covers and is cut off at the edge") {
  RgbImage canvas = plain(20, 10, 0);
  sluice::train::blend(canvas, plain(8, 6, 200), 3, 2, {});
  CHECK(red(canvas, 7, 5) == 200);
  CHECK(red(canvas, 2, 5) == 0);
  CHECK(red(canvas, 11, 5) == 0);
  CHECK(red(canvas, 7, 8) == 0);
  sluice::train::blend(canvas, plain(8, 6, 100), 16, -3, {});
  CHECK(red(canvas, 19, 0) == 100);
  CHECK(red(canvas, 0, 1) == 0);  // nothing comes in again at the other side
  RgbImage round = plain(20, 20, 0);
  sluice::train::blend(round, plain(20, 20, 200), 0, 0, {2, 0.05F});
  CHECK(red(round, 10, 10) == 200);
  CHECK(red(round, 0, 0) == 0);
}

TEST_CASE("a mirrored picture has left and right exchanged") {
  RgbImage image = plain(5, 2, 0);
  image.pixels[0] = 9;
  sluice::train::flip(image);
  CHECK(red(image, 0, 0) == 0);
  CHECK(red(image, 4, 0) == 9);
  CHECK(red(image, 4, 1) == 0);
}

TEST_CASE("pictures are drawn clip by clip, and finds are the sure ones") {
  TemporaryFolder folder;
  const PicturePool pool = make_pool(folder.path() / "pool");
  const PoolDraw draw(pool);
  REQUIRE(draw.has_found());
  Random random(3);
  int of_second_clip = 0;
  for (int i = 0; i < 4000; ++i) {
    if (draw.any(random) == 9) ++of_second_clip;
    CHECK(draw.with_found(random) == 9);
    CHECK(draw.find(9, random).score == 0.9F);
  }
  // The root of 1 picture to the root of 9: a quarter of the draws.
  CHECK(of_second_clip > 850);
  CHECK(of_second_clip < 1150);
}

TEST_CASE("painted screens differ by seed and show something on their background") {
  std::set<std::vector<std::uint8_t>> seen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    Random again(seed);
    const RgbImage screen = sluice::train::paint_screen(kSide, 90, random);
    REQUIRE(screen.pixels.size() == std::size_t{kSide} * 90 * 3);
    CHECK(screen.pixels == sluice::train::paint_screen(kSide, 90, again).pixels);
    const auto [least, most] = std::minmax_element(screen.pixels.begin(), screen.pixels.end());
    CHECK(*most - *least > 20);
    seen.insert(screen.pixels);
  }
  CHECK(seen.size() == 40);
}

TEST_CASE("composed pictures are the same for the same seed and keep to their size") {
  TemporaryFolder folder;
  const PicturePool pool = make_pool(folder.path() / "pool");
  const SceneComposer scenes(pool, kSide);
  const ScreenComposer screens(pool, kSide);
  std::set<std::vector<std::uint8_t>> seen;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const std::array pictures{scenes.compose(seed), screens.compose(seed)};
    const std::array again{scenes.compose(seed), screens.compose(seed)};
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      REQUIRE(pictures[i].has_value());
      CHECK(pictures[i]->pixels == again[i]->pixels);
      CHECK(std::max(pictures[i]->width, pictures[i]->height) <= kSide);
      CHECK(pictures[i]->pixels.size() == std::size_t{pictures[i]->width} * pictures[i]->height * 3);
    }
    seen.insert(pictures[1]->pixels);
  }
  CHECK(seen.size() > 55);
}

TEST_CASE("an empty pool composes nothing, and one without finds still does") {
  TemporaryFolder folder;
  PicturePool empty(folder.path() / "empty");
  REQUIRE(empty.begin().has_value());
  CHECK(ScreenComposer(empty, kSide).compose(1).error().code == sluice::ErrorCode::kInvalidArgument);
  CHECK(SceneComposer(empty, kSide).compose(1).error().code == sluice::ErrorCode::kInvalidArgument);
  PicturePool dull(folder.path() / "dull");
  REQUIRE(dull.begin().has_value());
  REQUIRE(dull.add(plain(40, 30, 90), 0, {}).has_value());
  for (std::uint64_t seed = 0; seed < 40; ++seed) CHECK(ScreenComposer(dull, kSide).compose(seed).has_value());
}
