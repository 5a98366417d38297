// Drifted pictures, and the toy classifier whose exits can be told by hand on them.
#include "native/eval/exits/exit_drift.hpp"

#include <doctest/doctest.h>

#include "tests/native/exit_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

// All of one colour: of a channel, and how bright.
LabelledPictures plain_pictures(std::uint32_t side, std::size_t count) {
  LabelledPictures pictures{side, side, {}, {}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    for (std::uint32_t pixel = 0; pixel < side * side; ++pixel) {
      for (std::size_t channel = 0; channel < 3; ++channel) pictures.pixels.push_back(channel == i % 3 ? 240 : 20);
    }
    pictures.labels.push_back(static_cast<std::int64_t>(i % 3));
  }
  return pictures;
}

}  // namespace

TEST_CASE("drifts change pictures as they say, the same each time") {
  LabelledPictures one{3, 1, {200, 100, 0, 255, 50, 10, 128, 0, 255}, {0}, {}};
  CHECK(drifted(one, Drift::kNone).pixels == one.pixels);
  CHECK(drifted(one, Drift::kDarker).pixels == std::vector<std::uint8_t>{100, 50, 0, 128, 25, 5, 64, 0, 128});
  CHECK(drifted(one, Drift::kFlatter).pixels[0] == 164);
  CHECK(drifted(one, Drift::kFlatter).pixels[2] == 64);
  const auto blurred = drifted(one, Drift::kBlurred).pixels;
  CHECK(blurred[0] == 228);  // (200 + 255) / 2, rounded
  CHECK(blurred[3] == 194);  // (200 + 255 + 128) / 3
  const auto noisy = drifted(one, Drift::kNoisy).pixels;
  CHECK(noisy != one.pixels);
  CHECK(noisy == drifted(one, Drift::kNoisy).pixels);
}

TEST_CASE("a bundle is measured under each drift, and an exit that is less sure lets less leave") {
  const test::TemporaryFolder folder;
  test::write_exit_bundle(folder.path() / "exits");
  const auto bundle = bundle::read_bundle(folder.path() / "exits");
  REQUIRE(bundle.has_value());
  std::size_t told = 0;
  const auto rows = measure_drift(*bundle, plain_pictures(exits::testing::kSide, 48), true, 0.8, 1,
                                  [&](std::size_t done, std::size_t) { told = done; });
  REQUIRE_MESSAGE(rows.has_value(), (rows ? std::string() : describe(rows.error())));
  REQUIRE(rows->size() == 5);
  CHECK(told == 5 * 48);
  CHECK((*rows)[0].drift == Drift::kNone);
  for (const DriftRow& row : *rows) {
    CHECK(row.model_right == 1);
    CHECK(row.shipped.agreement == 1);
  }
  // Softmax of 4 * (0.94, 0.08, 0.08) is 0.94: above 0.9. Of half as much it is 0.73.
  CHECK((*rows)[0].shipped.shares[0] == 1);
  CHECK((*rows)[1].shipped.shares[0] == 0);
  CHECK((*rows)[1].shipped.multiply_adds > (*rows)[0].shipped.multiply_adds);
  CHECK(drift_table(*rows, 0.8, 100).find("darker") != std::string::npos);

  const auto refused =
      measure_drift(*bundle, plain_pictures(exits::testing::kSide, 4), true, 0.95, 1, [](auto, auto) {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kInvalidArgument);
}
