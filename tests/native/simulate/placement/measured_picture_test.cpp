// Pictures out of a generated photo: sizes that follow the mix, stages that were really run, folders without any.
#include "native/simulate/placement/measured_picture.hpp"

#include <doctest/doctest.h>
#include <turbojpeg.h>

#include <fstream>
#include <vector>

#include "native/simulate/draw.hpp"
#include "native/simulate/placement/jpeg_work.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice::simulate;
using sluice::ErrorCode;

namespace {

// Smooth areas and some noise, as photos have.
std::vector<std::uint8_t> photo(int width, int height) {
  Draw draw(1);
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double noise = draw.uniform() * 12;
      for (const int value : {x * 200 / width, y * 200 / height, (x + y) * 100 / (width + height)}) {
        pixels.push_back(static_cast<std::uint8_t>(value + noise));
      }
    }
  }
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  tjhandle encoder = tjInitCompress();
  REQUIRE(tjCompress2(encoder, pixels.data(), width, 0, height, TJPF_RGB, &bytes, &count, TJSAMP_420, 90, 0) == 0);
  std::vector<std::uint8_t> file(bytes, bytes + count);
  tjFree(bytes);
  tjDestroy(encoder);
  return file;
}

}  // namespace

TEST_CASE("the mix of sizes is the skewed one") {
  CHECK(mixed_bytes(0) == doctest::Approx(8e3));
  CHECK(mixed_bytes(0.61) == doctest::Approx(1e5));
  CHECK(mixed_bytes(0.94) == doctest::Approx(1e6));
  CHECK(mixed_bytes(0.9999999) == doctest::Approx(8e6));
  for (double draw = 0; draw < 0.99; draw += 0.01) CHECK(mixed_bytes(draw + 0.01) > mixed_bytes(draw));
}

TEST_CASE("a photo is shrunk to what is wanted and prepared, and it costs time") {
  auto work = JpegWork::create();
  REQUIRE(work.has_value());
  const auto file = photo(1600, 1200);
  CHECK(work->size_of(file)->width == 1600);
  const auto shrunk = work->shrink(file, 2, 90);
  REQUIRE(shrunk.has_value());
  CHECK(shrunk->size.width == 800);
  CHECK(shrunk->size.height == 600);
  CHECK(shrunk->jpeg.size() < file.size());
  CHECK(shrunk->took_ms > 0);
  CHECK(*work->prepare(file, 331) > 0);
  CHECK(work->shrink(file, 3, 90).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("what is no JPEG is refused") {
  auto work = JpegWork::create();
  REQUIRE(work.has_value());
  const std::vector<std::uint8_t> none = {1, 2, 3, 4};
  CHECK(work->size_of(none).error().code == ErrorCode::kMalformedMedia);
  CHECK(work->shrink(none, 1, 90).error().code == ErrorCode::kMalformedMedia);
  CHECK(work->prepare({}, 331).error().code == ErrorCode::kMalformedMedia);
}

TEST_CASE("pictures are made out of photos in a folder") {
  const sluice::test::TemporaryFolder folder;
  const auto file = photo(1600, 1200);
  std::ofstream(folder.path() / "one.JPG", std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  std::ofstream(folder.path() / "two.jpg") << "no picture";
  std::size_t told = 0;
  const auto pictures = measure_pictures({folder.path().string()}, {.pictures = 6, .seed = 3},
                                         [&told](std::size_t, std::size_t) { ++told; });
  REQUIRE(pictures.has_value());
  CHECK(pictures->size() == 6);
  CHECK(told == 6);
  for (const MeasuredPicture& picture : *pictures) {
    CHECK(picture.bytes > 0);
    CHECK(picture.shrunk_bytes > 0);
    CHECK(picture.shrunk_width <= picture.width);
    CHECK(picture.device_ms[0] > 0);
    CHECK(picture.server_ms[2] > 0);
  }
  const sluice::test::TemporaryFolder empty;
  CHECK(measure_pictures({empty.path().string()}, {}, {}).error().code == ErrorCode::kNotFound);
  CHECK(measure_pictures({}, {}, {}).error().code == ErrorCode::kNotFound);
  CHECK(measure_pictures({"/no/such/folder"}, {}, {}).error().code == ErrorCode::kNotFound);
}
