// Points of other systems, as a file of JSON lines brings them, and the bundle's own beside them.
#include "native/eval/split/system_points.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

struct PointFile {
  explicit PointFile(const std::string& text) { std::ofstream(path(), std::ios::binary) << text; }
  std::filesystem::path path() const { return folder.path() / "points.jsonl"; }
  std::string refusal() const {
    const auto read = read_system_points(path());
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == ErrorCode::kInvalidArgument);
    return read.error().message;
  }
  test::TemporaryFolder folder;
};

constexpr const char* kDeepCod =
    R"({"system":"deepcod","variant":"3 channels","coder":"lzw","bytes_mean":412.5,"accuracy":0.887,"device_macs":9216})";

}  // namespace

TEST_CASE("a line is a point, with what it has") {
  const PointFile file(
      std::string(kDeepCod) + "\r\n\n" +
      R"({"system":"spinn","bytes_mean":0,"accuracy":1,"device_macs":5e6,"server_ms":1.5,"note":[1]})");
  const auto points = read_system_points(file.path());
  REQUIRE_MESSAGE(points.has_value(), (points ? std::string() : describe(points.error())));
  REQUIRE(points->size() == 2);
  CHECK((*points)[0].system == "deepcod");
  CHECK((*points)[0].variant == "3 channels");
  CHECK((*points)[0].coder == "lzw");
  CHECK((*points)[0].bytes == 412.5);
  CHECK((*points)[0].accuracy == 0.887);
  CHECK((*points)[0].device_macs == 9216);
  CHECK_FALSE((*points)[0].server_ms);
  CHECK((*points)[1].variant.empty());
  CHECK((*points)[1].device_macs == 5e6);
  CHECK((*points)[1].server_ms == 1.5);
}

TEST_CASE("a line that is no point is refused by its number and field") {
  CHECK(PointFile(std::string(kDeepCod) + "\n[]").refusal().find("line 2 is not a JSON object") != std::string::npos);
  CHECK(PointFile(R"({"system":"x","bytes_mean":1,"accuracy":90,"device_macs":1})").refusal().find("'accuracy'") !=
        std::string::npos);
  CHECK(PointFile(R"({"system":"x","accuracy":0.5,"device_macs":1})").refusal().find("'bytes_mean'") !=
        std::string::npos);
  CHECK(PointFile(R"({"bytes_mean":1,"accuracy":0.5,"device_macs":1})").refusal().find("'system'") !=
        std::string::npos);
  CHECK(PointFile(R"({"system":"x","coder":7,"bytes_mean":1,"accuracy":0.5,"device_macs":1})")
            .refusal()
            .find("'coder'") != std::string::npos);
  CHECK(PointFile(R"({"system":"x","bytes_mean":-1,"accuracy":0.5,"device_macs":1})").refusal().find("'bytes_mean'") !=
        std::string::npos);
  CHECK_FALSE(read_system_points("/nowhere/points.jsonl").has_value());
}

TEST_CASE("the bundle's own points are those of each coder at each cut, codecs run before the full model") {
  SplitMeasurement measured;
  measured.cuts = {0, 4};
  measured.pictures = {{1, 1, {0, 1}, {0, 90}, 1}, {2, 2, {2, 2}, {0, 110}, 2}};
  measured.remote_ms = 2;
  measured.full_ms = 9;
  const std::vector<CoderCost> coders = {{kShippedCoder, 10, {0, 100}}, {kLzwCoder, 0, {0, 170}}};
  const auto own = own_points(measured, coders, 5000);
  REQUIRE(own.size() == 4);
  CHECK(own[0].bytes == 0);
  CHECK(own[0].accuracy == 0.5);
  CHECK(own[0].server_ms == 0);
  CHECK(own[3].system == kOwnSystem);
  CHECK(own[3].variant == "4 channels");
  CHECK(own[3].coder == kLzwCoder);
  CHECK(own[3].bytes == 170);
  CHECK(own[3].accuracy == 1);
  CHECK(own[3].device_macs == 5000);
  CHECK(own[3].server_ms == 2);
  const std::vector<CodecCurve> curves = {{"webp", {{50, 300, 0.5}}}};
  const auto codecs = codec_points(measured, curves);
  REQUIRE(codecs.size() == 1);
  CHECK(codecs[0].coder == "webp");
  CHECK(codecs[0].device_macs == 0);
  CHECK(codecs[0].server_ms == 9);
}
