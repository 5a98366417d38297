#include "native/eval/variants/manifest_variants.hpp"

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "core/questions/table.hpp"
#include "native/eval/at_target.hpp"

namespace sluice::eval {
namespace {

using rapidjson::Value;
using Memory = rapidjson::Document::AllocatorType;

Value text_of(const std::string& text, Memory& memory) {
  return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), memory);
}

Value part_of(const pipeline::Part& part, Memory& memory) {
  Value json(rapidjson::kObjectType);
  json.AddMember("name", text_of(part.name, memory), memory);
  json.AddMember("file", text_of(part.file, memory), memory);
  json.AddMember("bytes", part.bytes, memory);
  json.AddMember("sha256", text_of(part.sha256, memory), memory);
  return json;
}

Value variant_of(const pipeline::ModelVariant& variant, Memory& memory) {
  Value json(rapidjson::kObjectType);
  json.AddMember("name", text_of(variant.name, memory), memory);
  json.AddMember("part", text_of(variant.part, memory), memory);
  if (variant.agreement > 0) json.AddMember("agreement", as_written(variant.agreement), memory);
  if (variant.profile.empty()) return json;
  Value profiles(rapidjson::kArrayType);
  for (const pipeline::MeasuredProfile& profile : variant.profile) {
    Value measured(rapidjson::kObjectType);
    measured.AddMember("device", text_of(profile.device, memory), memory);
    measured.AddMember("ms", as_written(profile.ms), memory);
    measured.AddMember("bytes", profile.bytes, memory);
    profiles.PushBack(measured, memory);
  }
  json.AddMember("profile", profiles, memory);
  return json;
}

void put_part(Value& parts, const pipeline::Part& part, Memory& memory) {
  for (Value& known : parts.GetArray()) {
    if (known.IsObject() && known.HasMember("name") && known["name"].IsString() &&
        part.name == known["name"].GetString()) {
      known = part_of(part, memory);
      return;
    }
  }
  parts.PushBack(part_of(part, memory), memory);
}

}  // namespace

Result<std::string> with_variants(std::string_view text, std::span<const pipeline::Part> parts,
                                  std::span<const pipeline::ModelVariant> variants) {
  if (auto manifest = questions::parse_manifest(text); !manifest) return fail(manifest.error());
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  Memory& memory = json.GetAllocator();
  for (const pipeline::Part& part : parts) put_part(json["parts"], part, memory);
  json.RemoveMember("variants");
  Value section(rapidjson::kArrayType);
  for (const pipeline::ModelVariant& variant : variants) section.PushBack(variant_of(variant, memory), memory);
  Value whole(rapidjson::kObjectType);  // the section stands behind the model
  for (auto& member : json.GetObject()) {
    const bool behind = member.name == "model" && !variants.empty();
    whole.AddMember(member.name, member.value, memory);
    if (behind) whole.AddMember("variants", section, memory);
  }
  rapidjson::StringBuffer out;
  rapidjson::PrettyWriter writer(out);
  writer.SetIndent(' ', 2);
  writer.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  whole.Accept(writer);
  std::string written(out.GetString(), out.GetSize());
  written += '\n';
  if (auto manifest = questions::parse_manifest(written); !manifest) return fail(manifest.error());
  return written;
}

}  // namespace sluice::eval
