#include "native/bundle/class_names.hpp"

#include <rapidjson/document.h>

#include "native/bundle/bundle_folder.hpp"

namespace sluice::bundle {

namespace {

namespace fs = std::filesystem;

fs::path manifest_in(const fs::path& folder) { return folder / "manifest.json"; }

}  // namespace

Result<std::vector<std::string>> read_class_names(const fs::path& folder) {
  const auto text = read_file(manifest_in(folder), pipeline::kMaxManifestBytes);
  if (!text) return std::vector<std::string>{};
  return class_names_in(*text, manifest_in(folder).string());
}

Result<std::vector<std::string>> class_names_in(std::string_view manifest, std::string_view place) {
  std::vector<std::string> names;
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(manifest.data(), manifest.size());
  if (json.HasParseError() || !json.IsObject()) return names;  // the manifest's reader says what is wrong with it
  const auto found = json.FindMember("x_classes");
  if (found == json.MemberEnd()) return names;
  if (!found->value.IsArray()) {
    return fail(ErrorCode::kMalformedManifest,
                {"x_classes in ", place, " is no list; it holds the classes' names, in order"});
  }
  for (const rapidjson::Value& one : found->value.GetArray()) {
    if (!one.IsString()) {
      return fail(ErrorCode::kMalformedManifest, {"x_classes in ", place, ": entry ", names.size(), " is no text"});
    }
    names.emplace_back(one.GetString(), one.GetStringLength());
  }
  return names;
}

Result<std::vector<std::string>> read_class_names(const fs::path& folder, std::size_t answers) {
  auto names = read_class_names(folder);
  if (!names || names->empty() || names->size() == answers) return names;
  return fail(ErrorCode::kMalformedManifest, {"x_classes in ", manifest_in(folder).string(), " names ", names->size(),
                                              " classes; the bundle's model answers with ", answers, " logits"});
}

}  // namespace sluice::bundle
