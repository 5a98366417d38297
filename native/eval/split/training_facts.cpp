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

}  // namespace

TrainingFacts read_training_facts(const std::filesystem::path& folder) {
  const auto text = bundle::read_file(folder / "manifest.json", pipeline::kMaxManifestBytes);
  if (!text) return {};
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text->data(), text->size());
  if (json.HasParseError() || !json.IsObject()) return {};
  const auto split = json.FindMember("split");
  if (split == json.MemberEnd() || !split->value.IsObject()) return {};
  return {share_in(split->value, "x_skewness"), share_in(split->value, "x_disorder_share")};
}

}  // namespace sluice::eval
