#include "native/eval/baseline_file.hpp"

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>

#include "native/bundle/bundle_folder.hpp"

namespace sluice::eval {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

}  // namespace

std::string baseline_text(std::span<const BaselineSettings> settings) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json(buffer);
  json.SetIndent(' ', 2);
  json.SetMaxDecimalPlaces(6);
  json.StartArray();
  for (const BaselineSettings& setting : settings) {
    json.StartObject();
    json.Key("target");
    json.Double(setting.target);
    json.Key("every_nth");
    json.Uint(setting.every_nth);
    json.Key("frame_difference");
    json.Double(setting.frame_difference);
    json.EndObject();
  }
  json.EndArray();
  return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

Result<std::vector<BaselineSettings>> read_baselines(const std::filesystem::path& file) {
  const auto text = bundle::read_file(file, kMaxBytes);
  if (!text) return fail(text.error());
  const auto refused = [&] {
    return fail(ErrorCode::kInvalidArgument,
                {file.string(), " is not a list of baselines' settings with target, every_nth and frame_difference"});
  };
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text->data(), text->size());
  if (json.HasParseError() || !json.IsArray()) return refused();
  std::vector<BaselineSettings> settings;
  for (const auto& row : json.GetArray()) {
    if (!row.IsObject()) return refused();
    const auto target = row.FindMember("target");
    const auto nth = row.FindMember("every_nth");
    const auto level = row.FindMember("frame_difference");
    if (target == row.MemberEnd() || nth == row.MemberEnd() || level == row.MemberEnd() || !target->value.IsNumber() ||
        !nth->value.IsUint() || nth->value.GetUint() == 0 || !level->value.IsNumber()) {
      return refused();
    }
    settings.push_back({target->value.GetDouble(), nth->value.GetUint(), level->value.GetDouble()});
  }
  return settings;
}

}  // namespace sluice::eval
