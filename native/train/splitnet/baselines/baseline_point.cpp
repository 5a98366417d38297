#include "native/train/splitnet/baselines/baseline_point.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <sstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/train/checkpoint.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::size_t kMostPointBytes = std::size_t{16} << 20;  // of a file of points

// Empty where the line is no point.
std::string system_of(const std::string& line) {
  rapidjson::Document json;
  json.Parse(line.data(), line.size());
  if (json.HasParseError() || !json.IsObject()) return {};
  const auto found = json.FindMember("system");
  return found != json.MemberEnd() && found->value.IsString() ? found->value.GetString() : std::string();
}

}  // namespace

std::string to_json(const BaselinePoint& point) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> json(out);
  json.SetMaxDecimalPlaces(4);
  json.StartObject();
  json.Key("system");
  json.String(point.system);
  json.Key("variant");
  json.String(point.variant);
  json.Key("coder");
  json.String(point.coder);
  json.Key("bytes_mean");
  json.Double(point.bytes_mean);
  json.Key("accuracy");
  json.Double(point.accuracy);
  json.Key("device_macs");
  json.Uint64(point.device_macs);
  json.Key("epochs");
  json.Double(point.epochs);
  json.EndObject();
  return out.GetString();
}

Result<void> write_points(const std::filesystem::path& file, const std::vector<BaselinePoint>& points) {
  const auto measured = [&](const std::string& system) {
    return std::any_of(points.begin(), points.end(), [&](const auto& point) { return point.system == system; });
  };
  std::string text;
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    const auto before = bundle::read_file(file, kMostPointBytes);
    if (!before) return fail(before.error());
    std::istringstream lines(*before);
    for (std::string line; std::getline(lines, line);) {
      const std::string system = system_of(line);
      if (!system.empty() && !measured(system)) text += line + '\n';
    }
  }
  for (const BaselinePoint& point : points) text += to_json(point) + '\n';
  return write_atomically(file, text);
}

}  // namespace sluice::train::splitnet::baselines
