#include "native/bundle/class_names.hpp"

#include <rapidjson/document.h>

#include "native/bundle/bundle_folder.hpp"

namespace sluice::bundle {

std::vector<std::string> read_class_names(const std::filesystem::path& folder) {
  const auto text = read_file(folder / "manifest.json", pipeline::kMaxManifestBytes);
  if (!text) return {};
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text->data(), text->size());
  if (json.HasParseError() || !json.IsObject()) return {};
  const auto found = json.FindMember("x_classes");
  if (found == json.MemberEnd() || !found->value.IsArray()) return {};
  std::vector<std::string> names;
  for (const rapidjson::Value& one : found->value.GetArray()) {
    if (!one.IsString()) return {};
    names.emplace_back(one.GetString(), one.GetStringLength());
  }
  return names;
}

}  // namespace sluice::bundle
