// Points of systems that stop early, as files bring them, and the lines that they lie on.
#include "native/eval/exits/exit_points.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

class PointFolder {
 public:
  std::filesystem::path write(const char* name, const std::string& text) const {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
    return folder_.path() / name;
  }
  std::string refusal(const std::string& text) const {
    const auto read = read_exit_points(write("points.jsonl", text));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == ErrorCode::kInvalidArgument);
    return read.error().message;
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
};

constexpr const char* kSdn =
    R"({"system":"sdn","backbone":"vgg","variant":"frozen","accuracy":0.92,"macs_mean":41e6,"weights_bytes":17e6,"load_ms":null})";

ExitSystemPoint exit_point(const char* system, const char* backbone, const char* variant, double macs) {
  return {system, backbone, variant, 0.9, macs, std::nullopt, std::nullopt};
}

}  // namespace

TEST_CASE("a line is a point, with what it has") {
  const PointFolder folder;
  const auto points = read_exit_points(folder.write(
      "points.jsonl", std::string(kSdn) + "\r\n\n" + R"({"system":"msdnet","accuracy":1,"macs_mean":0,"source":"x"})"));
  REQUIRE_MESSAGE(points.has_value(), (points ? std::string() : describe(points.error())));
  REQUIRE(points->size() == 2);
  CHECK((*points)[0].system == "sdn");
  CHECK((*points)[0].backbone == "vgg");
  CHECK((*points)[0].variant == "frozen");
  CHECK((*points)[0].accuracy == 0.92);
  CHECK((*points)[0].multiply_adds == 41e6);
  CHECK((*points)[0].weights_bytes == 17e6);
  CHECK_FALSE((*points)[0].load_ms);
  CHECK((*points)[1].backbone.empty());
  CHECK_FALSE((*points)[1].weights_bytes);
}

TEST_CASE("a line that is no point is refused by its number and field") {
  const PointFolder folder;
  const auto names = [&](const std::string& text, const char* what) {
    return folder.refusal(text).find(what) != std::string::npos;
  };
  CHECK(names(std::string(kSdn) + "\n[]", "line 2 is not a JSON object"));
  CHECK(names(R"({"accuracy":0.9,"macs_mean":1})", "'system'"));
  CHECK(names(R"({"system":"x","accuracy":92,"macs_mean":1})", "'accuracy'"));
  CHECK(names(R"({"system":"x","accuracy":0.9})", "'macs_mean'"));
  CHECK(names(R"({"system":"x","accuracy":0.9,"macs_mean":-1})", "'macs_mean'"));
  CHECK(names(R"({"system":"x","variant":1,"accuracy":0.9,"macs_mean":1})", "'variant'"));
  CHECK(names(R"({"system":"x","accuracy":0.9,"macs_mean":1,"load_ms":"2"})", "'load_ms'"));
  CHECK_FALSE(read_exit_points("/nowhere/points.jsonl").has_value());
}

TEST_CASE("published points stand beside the measured ones, whether a folder is named or a file in it") {
  const PointFolder folder;
  const std::string published = R"({"system":"msdnet","accuracy":0.93,"macs_mean":18e6})";
  const auto file = folder.write("published.jsonl", published);
  const auto size = [](const std::filesystem::path& path) {
    const auto points = read_all_exit_points(path);
    REQUIRE_MESSAGE(points.has_value(), (points ? std::string() : describe(points.error())));
    return points->size();
  };
  CHECK(size(folder.path()) == 1);
  CHECK(size(file) == 1);
  const auto measured = folder.write("points.jsonl", std::string(kSdn) + "\n" + kSdn);
  CHECK(size(folder.path()) == 3);
  CHECK(size(measured) == 3);
  CHECK_FALSE(read_all_exit_points(folder.path() / "other.jsonl").has_value());
}

TEST_CASE("a line has the points of one variant, or of variants with a point each, by their cost") {
  const std::vector<ExitSystemPoint> points = {exit_point("bag", "vgg", "cascade", 30),
                                               exit_point("bag", "vgg", "cascade", 10),
                                               exit_point("bag", "vgg", "oracle", 5),
                                               exit_point("smaller", "vgg", "width 0.5", 40),
                                               exit_point("smaller", "vgg", "width 0.25", 20),
                                               exit_point("smaller", "inception", "width 0.25", 20),
                                               exit_point("msdnet", "", "", 18)};
  const auto curves = curves_of(points, "vgg");
  REQUIRE(curves.size() == 4);
  CHECK(curves[0].name == "bag, cascade");
  REQUIRE(curves[0].points.size() == 2);
  CHECK(curves[0].points[0].multiply_adds == 10);
  CHECK(curves[1].name == "bag, oracle");
  CHECK(curves[2].name == "smaller");
  REQUIRE(curves[2].points.size() == 2);
  CHECK(curves[2].points[0].variant == "width 0.25");
  CHECK(curves[3].name == "msdnet");
  CHECK(curves_of(points, "inception").size() == 2);
}
