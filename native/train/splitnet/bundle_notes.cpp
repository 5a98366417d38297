#include "native/train/splitnet/bundle_notes.hpp"

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "core/pipeline/manifest.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/train/checkpoint.hpp"

namespace sluice::train::splitnet {

Result<void> add_notes(const std::filesystem::path& folder, const BundleNotes& notes) {
  const std::filesystem::path file = folder / "manifest.json";
  const auto text = bundle::read_file(file, pipeline::kMaxManifestBytes);
  if (!text) return fail(text.error());
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text->data(), text->size());
  if (json.HasParseError() || !json.IsObject()) {
    return fail(ErrorCode::kMalformedManifest, {file.string(), " is no JSON object to note anything in"});
  }
  if (notes.importance && (!json.HasMember("split") || !json["split"].IsObject())) {
    return fail(ErrorCode::kMalformedManifest, {file.string(), " has no split section to note anything of"});
  }
  auto& memory = json.GetAllocator();
  if (!notes.classes.empty()) {
    rapidjson::Value names(rapidjson::kArrayType);
    for (const std::string& name : notes.classes) {
      names.PushBack(rapidjson::Value(name.data(), static_cast<rapidjson::SizeType>(name.size()), memory), memory);
    }
    json.RemoveMember("x_classes");
    json.AddMember("x_classes", names, memory);
  }
  if (notes.importance) {
    rapidjson::Value& split = json["split"];
    split.RemoveMember("x_skewness");
    split.RemoveMember("x_disorder_share");
    split.AddMember("x_skewness", notes.importance->skewness, memory);
    split.AddMember("x_disorder_share", notes.importance->disorder_share, memory);
  }
  rapidjson::StringBuffer out;
  rapidjson::PrettyWriter writer(out);
  writer.SetIndent(' ', 2);
  writer.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  writer.SetMaxDecimalPlaces(9);
  json.Accept(writer);
  return write_atomically(file, std::string(out.GetString(), out.GetSize()) + "\n");
}

}  // namespace sluice::train::splitnet
