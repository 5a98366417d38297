#include "native/eval/exits/exit_points.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "native/bundle/bundle_folder.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxPointBytes = std::size_t{1} << 20;
constexpr double kMostNumber = 1e15;  // of a number; far beyond any real one
constexpr const char* kPublished = "published.jsonl";

// One line of a file. What is wrong first is what is told.
class ExitPointReader {
 public:
  explicit ExitPointReader(const rapidjson::Value& object) : object_(object) {}

  std::string text(const char* name, bool required) {
    const auto found = object_.FindMember(name);
    const bool there = found != object_.MemberEnd();
    if (there && found->value.IsString()) return {found->value.GetString(), found->value.GetStringLength()};
    if (there || required) wrong(name);
    return {};
  }
  double number(const char* name, double most) {
    const auto value = optional_number(name, most);
    if (!value) wrong(name);
    return value.value_or(0);
  }
  std::optional<double> optional_number(const char* name, double most) {
    const auto found = object_.FindMember(name);
    if (found == object_.MemberEnd() || found->value.IsNull()) return std::nullopt;
    const auto& value = found->value;
    if (value.IsNumber() && value.GetDouble() >= 0 && value.GetDouble() <= most) return value.GetDouble();
    wrong(name);
    return std::nullopt;
  }
  const char* wrong_field() const { return wrong_; }

 private:
  void wrong(const char* name) {
    if (wrong_ == nullptr) wrong_ = name;
  }

  const rapidjson::Value& object_;
  const char* wrong_ = nullptr;
};

Result<ExitSystemPoint> read_point(const std::string& line, const std::string& place) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
  if (json.HasParseError() || !json.IsObject()) {
    return fail(ErrorCode::kInvalidArgument, {place, " is not a JSON object"});
  }
  ExitPointReader reader(json);
  ExitSystemPoint point;
  point.system = reader.text("system", true);
  point.backbone = reader.text("backbone", false);
  point.variant = reader.text("variant", false);
  point.accuracy = reader.number("accuracy", 1);
  point.multiply_adds = reader.number("macs_mean", kMostNumber);
  point.weights_bytes = reader.optional_number("weights_bytes", kMostNumber);
  point.load_ms = reader.optional_number("load_ms", kMostNumber);
  if (reader.wrong_field() != nullptr) {
    return fail(ErrorCode::kInvalidArgument, {place, ": '", reader.wrong_field(),
                                              "' is missing or wrong; a point has system, accuracy (0 to 1) and ",
                                              "macs_mean, and may have backbone, variant, weights_bytes and load_ms"});
  }
  return point;
}

}  // namespace

Result<std::vector<ExitSystemPoint>> read_exit_points(const fs::path& file) {
  const auto text = bundle::read_file(file, kMaxPointBytes);
  if (!text) return fail(text.error());
  std::vector<ExitSystemPoint> points;
  std::istringstream lines(*text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto point = read_point(line, join_text({file.string(), ", line ", number}));
    if (!point) return fail(point.error());
    points.push_back(*std::move(point));
  }
  return points;
}

Result<std::vector<ExitSystemPoint>> read_all_exit_points(const fs::path& file_or_folder) {
  std::error_code unknown;
  std::vector<fs::path> files;
  const auto add_if_there = [&](const fs::path& file) {
    if (fs::exists(file, unknown)) files.push_back(file);
  };
  if (fs::is_directory(file_or_folder, unknown)) {
    add_if_there(file_or_folder / "points.jsonl");
    add_if_there(file_or_folder / kPublished);
  } else {
    files.push_back(file_or_folder);
    if (file_or_folder.filename() != kPublished) add_if_there(file_or_folder.parent_path() / kPublished);
  }
  std::vector<ExitSystemPoint> points;
  for (const fs::path& file : files) {
    const auto read = read_exit_points(file);
    if (!read) return fail(read.error());
    points.insert(points.end(), read->begin(), read->end());
  }
  return points;
}

std::vector<ExitCurve> curves_of(const std::vector<ExitSystemPoint>& points, const std::string& backbone) {
  std::vector<ExitSystemPoint> here;
  std::ranges::copy_if(points, std::back_inserter(here), [&](const ExitSystemPoint& point) {
    return point.backbone.empty() || point.backbone == backbone;
  });
  const auto joins = [&](const std::string& system) {
    std::set<std::string> variants;
    return std::ranges::all_of(here, [&](const ExitSystemPoint& point) {
      return point.system != system || variants.insert(point.variant).second;
    });
  };
  std::vector<ExitCurve> curves;
  for (const ExitSystemPoint& point : here) {
    const bool whole_system = point.variant.empty() || joins(point.system);
    const std::string name = whole_system ? point.system : point.system + ", " + point.variant;
    auto curve = std::ranges::find(curves, name, &ExitCurve::name);
    if (curve == curves.end()) curve = curves.insert(curves.end(), {name, point.system, {}});
    curve->points.push_back(point);
  }
  for (ExitCurve& curve : curves) std::ranges::stable_sort(curve.points, {}, &ExitSystemPoint::multiply_adds);
  return curves;
}

}  // namespace sluice::eval
