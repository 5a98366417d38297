#include "native/train/exits/baselines/exit_point.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <sstream>
#include <tuple>

#include "native/bundle/bundle_folder.hpp"
#include "native/train/checkpoint.hpp"

namespace sluice::train::exits::baselines {
namespace {

constexpr std::size_t kMostPointBytes = std::size_t{16} << 20;  // of a file of points

using Owner = std::tuple<std::string, std::string, std::string>;

Owner owner_of(const ExitBaselinePoint& point) { return {point.system, point.backbone, point.variant}; }

// Empty where the line is no point.
Owner owner_of(const std::string& line) {
  rapidjson::Document json;
  json.Parse(line.data(), line.size());
  if (json.HasParseError() || !json.IsObject()) return {};
  const auto text = [&](const char* name) {
    const auto found = json.FindMember(name);
    return found != json.MemberEnd() && found->value.IsString() ? found->value.GetString() : std::string();
  };
  return {text("system"), text("backbone"), text("variant")};
}

}  // namespace

std::string to_json(const ExitBaselinePoint& point) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> json(out);
  json.SetMaxDecimalPlaces(4);
  const auto text = [&](const char* name, const std::string& value) {
    json.Key(name);
    json.String(value);
  };
  const auto number = [&](const char* name, std::optional<double> value) {
    json.Key(name);
    value ? json.Double(*value) : json.Null();
  };
  const auto count = [&](const char* name, std::uint64_t value) {
    json.Key(name);
    json.Uint64(value);
  };
  json.StartObject();
  text("system", point.system);
  text("backbone", point.backbone);
  text("variant", point.variant);
  text("rule", point.rule);
  text("thresholds", point.thresholds);
  number("accuracy", point.accuracy);
  number("agreement", point.agreement);
  number("macs_mean", point.macs_mean);
  count("macs_backbone", point.macs_backbone);
  count("exits", point.exits);
  count("weights_bytes", point.weights_bytes);
  number("load_ms", point.load_ms);
  number("epochs", point.epochs);
  count("pictures", static_cast<std::uint64_t>(point.pictures));
  json.EndObject();
  return out.GetString();
}

Result<void> write_points(const std::filesystem::path& file, const std::vector<ExitBaselinePoint>& points) {
  const auto measured = [&](const Owner& owner) {
    return std::any_of(points.begin(), points.end(), [&](const auto& point) { return owner_of(point) == owner; });
  };
  std::string text;
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    const auto before = bundle::read_file(file, kMostPointBytes);
    if (!before) return fail(before.error());
    std::istringstream lines(*before);
    for (std::string line; std::getline(lines, line);) {
      const Owner owner = owner_of(line);
      if (!std::get<0>(owner).empty() && !measured(owner)) text += line + '\n';
    }
  }
  for (const ExitBaselinePoint& point : points) text += to_json(point) + '\n';
  return write_atomically(file, text);
}

}  // namespace sluice::train::exits::baselines
