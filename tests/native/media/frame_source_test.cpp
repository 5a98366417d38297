#include "native/media/frame_source.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::media;
using sluice::test::read_file;
using sluice::test::TemporaryFolder;

namespace {

// Real footage from Debian packages (opencv-doc, forensics-samples-files).
const std::string kStreet = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
const std::string kTalk = "/usr/share/forensics-samples/original-files/movie2/movie-hello.mp4";
const std::string kPhone = "/usr/share/forensics-samples/original-files/movie1/VID_20191220_170832.mp4";
const std::string kPhoto = "/usr/share/doc/opencv-doc/examples/data/fruits.jpg";

const struct Silence {
  Silence() { silence_libav(); }
} kSilence;

// A picture in the PPM format: `width` x `height` pixels of one grey level.
std::string ppm(std::uint32_t width, std::uint32_t height, char level) {
  return "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n" +
         std::string(std::size_t{width} * height * 3, level);
}

std::unique_ptr<FrameSource> open(const std::string& path, const SourceOptions& options = {}) {
  auto source = open_source(path, options);
  REQUIRE_MESSAGE(source.has_value(), (source ? std::string() : describe(source.error())));
  return std::move(*source);
}

struct Count {
  std::uint64_t frames = 0;
  std::uint64_t damaged = 0;
};

Count read_all(FrameSource& source, std::uint64_t stop_after = 100'000) {
  Count count;
  for (std::uint64_t call = 0; call < stop_after; ++call) {
    const auto frame = source.next();
    if (!frame) {
      ++count.damaged;
    } else if (*frame) {
      ++count.frames;
    } else {
      return count;
    }
  }
  FAIL("the source does not end");
  return count;
}

}  // namespace

TEST_CASE("a video gives its frames in order, in their time, as decoded planes") {
  auto source = open(kStreet);
  CHECK(source->frame_count() == 795);
  CHECK_FALSE(source->live());
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto frame = source->next();
    REQUIRE(frame);
    REQUIRE(frame->has_value());
    CHECK((*frame)->index == i);
    CHECK((*frame)->view.width == 768);
    CHECK((*frame)->view.height == 576);
    CHECK((*frame)->view.format == input::PixelFormat::kI420);
    CHECK((*frame)->time.count() == static_cast<std::int64_t>(i) * 100'000);
    CHECK((*frame)->name.empty());
  }
}

TEST_CASE("a whole video ends, and stays ended") {
  auto source = open(kPhone);
  const auto first = source->next();
  REQUIRE(first);
  CHECK((*first)->view.format == input::PixelFormat::kRgb8);  // BT.709 is converted, since I420 means BT.601
  const Count count = read_all(*source);
  CHECK(count.frames == 40);
  CHECK(count.damaged == 0);
  CHECK_FALSE(source->next()->has_value());
}

TEST_CASE("a single picture is a stream of one frame") {
  auto source = open(kPhoto);
  const auto frame = source->next();
  REQUIRE(frame);
  REQUIRE(frame->has_value());
  CHECK((*frame)->view.width == 512);
  CHECK((*frame)->view.height == 480);
  CHECK((*frame)->view.format == input::PixelFormat::kRgb8);
  CHECK_FALSE(source->next()->has_value());
}

TEST_CASE("colours arrive as they are in the file") {
  const TemporaryFolder folder;
  std::string pixels;
  for (int i = 0; i < 16 * 16; ++i) pixels += std::string("\xc8\x64\x32", 3);
  auto source = open(folder.write("a.ppm", "P6\n16 16\n255\n" + pixels));
  const auto frame = source->next();
  REQUIRE(frame);
  REQUIRE(frame->has_value());
  const input::ImageView& view = (*frame)->view;
  REQUIRE(view.format == input::PixelFormat::kRgb8);
  CHECK(view.planes[0].data[0] == 200);
  CHECK(view.planes[0].data[1] == 100);
  CHECK(view.planes[0].data[2] == 50);
}

TEST_CASE("a folder gives its pictures by name and leaves out the rest") {
  const TemporaryFolder folder;
  folder.write("b.PPM", ppm(8, 6, 20));
  folder.write("a.ppm", ppm(4, 4, 10));
  folder.write("notes.txt", "not a picture");
  folder.write("deeper/c.ppm", ppm(4, 4, 30));
  SourceOptions options;
  options.pictures_per_second = 4;
  auto source = open(folder.path().string(), options);
  CHECK(source->frame_count() == 2);
  auto frame = source->next();
  REQUIRE(frame);
  CHECK((*frame)->name == "a.ppm");
  CHECK((*frame)->view.width == 4);
  CHECK((*frame)->view.planes[0].data[0] == 10);
  frame = source->next();
  REQUIRE(frame);
  CHECK((*frame)->name == "b.PPM");
  CHECK((*frame)->index == 1);
  CHECK((*frame)->time == std::chrono::milliseconds(250));
  CHECK((*frame)->view.width == 8);
  CHECK_FALSE(source->next()->has_value());
}

TEST_CASE("a damaged picture in a folder is one failure, and the others follow") {
  const TemporaryFolder folder;
  folder.write("a.jpg", "");
  folder.write("b.jpg", "this is no picture at all");
  folder.write("c.jpg", read_file(kPhoto).substr(0, 200));
  folder.write("d.ppm", ppm(4, 4, 10));
  auto source = open(folder.path().string());
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) {
    const auto damaged = source->next();
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().code == ErrorCode::kMalformedMedia);
    CHECK(damaged.error().message.find(name) != std::string::npos);
  }
  const auto good = source->next();
  REQUIRE(good);
  CHECK((*good)->index == 3);
  CHECK_FALSE(source->next()->has_value());
}

TEST_CASE("a truncated video gives what can be decoded and ends") {
  const TemporaryFolder folder;
  const std::string whole = read_file(kStreet);
  auto source = open(folder.write("cut.avi", whole.substr(0, whole.size() / 10)));
  const Count count = read_all(*source);
  CHECK(count.frames > 20);
  CHECK(count.frames < 795);

  // An MP4 that is cut in its index gives no frame, and says so.
  auto headless = open_source(folder.write("cut.mp4", read_file(kPhone).substr(0, 2'000)));
  if (headless) {
    const auto frame = (*headless)->next();
    REQUIRE_FALSE(frame);
    CHECK(frame.error().code == ErrorCode::kMalformedMedia);
    CHECK_FALSE((*headless)->next()->has_value());
  } else {
    CHECK(headless.error().code == ErrorCode::kMalformedMedia);
  }
}

TEST_CASE("a video with bytes destroyed in its middle ends all the same") {
  const TemporaryFolder folder;
  std::string bytes = read_file(kTalk);
  for (std::size_t i = bytes.size() / 4; i < bytes.size() * 3 / 4; i += 37) bytes[i] = static_cast<char>(i * 31);
  auto opened = open_source(folder.write("noise.mp4", bytes));
  if (!opened) {
    CHECK(opened.error().code == ErrorCode::kMalformedMedia);
    return;
  }
  const Count count = read_all(**opened);
  CHECK(count.frames + count.damaged > 0);
}

TEST_CASE("what cannot be opened says what and why") {
  const TemporaryFolder folder;
  const auto code = [](const std::string& path) {
    const auto source = open_source(path);
    REQUIRE_FALSE(source);
    CHECK(source.error().message.find(path) != std::string::npos);
    return source.error().code;
  };
  CHECK(code((folder.path() / "missing.mp4").string()) == ErrorCode::kIoError);
  CHECK(code(folder.write("empty.png", "")) == ErrorCode::kMalformedMedia);
  CHECK(code(folder.write("text.mp4", "just some text")) == ErrorCode::kMalformedMedia);
  CHECK(code("/dev/null") == ErrorCode::kIoError);  // a device, but no camera
  std::filesystem::create_directory(folder.path() / "nothing");
  CHECK(code((folder.path() / "nothing").string()) == ErrorCode::kNotFound);
}

TEST_CASE("a playlist cannot make the reader fetch from elsewhere") {
  const TemporaryFolder folder;
  const std::string list =
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n";
  const auto source = open_source(folder.write("list.m3u8", list));
  if (source) CHECK(read_all(**source).frames == 0);
}

TEST_CASE("a picture larger than allowed is refused") {
  const TemporaryFolder folder;
  SourceOptions options;
  options.max_pixels = 1000;
  auto source = open_source(folder.write("large.ppm", ppm(100, 100, 1)), options);
  if (source) {
    const auto frame = (*source)->next();
    REQUIRE_FALSE(frame);
    CHECK(frame.error().code == ErrorCode::kMalformedMedia);
  } else {
    CHECK(source.error().code == ErrorCode::kMalformedMedia);
  }
  CHECK(open_source(kPhoto)->get()->next());
  options.pictures_per_second = 0;
  CHECK_FALSE(open_source(kPhoto, options));
}
