#include "native/eval/split/training_facts.hpp"

#include <rapidjson/document.h>

#include "native/bundle/bundle_folder.hpp"

namespace sluice::eval {
namespace {

std::optional<double> share_in(const rapidjson::Value& section, const char* name) {
  const auto found = section.FindMember(name);
  if (found == section.MemberEnd() || !found->value.IsNumber()) return std::nullopt;
  const double share = found->value.GetDouble();
  return share >= 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

// Nothing where one of them is no text.
std::vector<std::string> names_in(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsArray()) return {};
  std::vector<std::string> names;
  for (const rapidjson::Value& one : found->value.GetArray()) {
    if (!one.IsString()) return {};
    names.emplace_back(one.GetString(), one.GetStringLength());
  }
  return names;
}

}  // namespace

TrainingFacts read_training_facts(const std::filesystem::path& folder) {
  const auto text = bundle::read_file(folder / "manifest.json", pipeline::kMaxManifestBytes);
  if (!text) return {};
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text->data(), text->size());
  if (json.HasParseError() || !json.IsObject()) return {};
  TrainingFacts facts;
  facts.classes = names_in(json, "x_classes");
  const auto split = json.FindMember("split");
  if (split == json.MemberEnd() || !split->value.IsObject()) return facts;
  facts.skewness = share_in(split->value, "x_skewness");
  facts.disorder_share = share_in(split->value, "x_disorder_share");
  return facts;
}

}  // namespace sluice::eval
