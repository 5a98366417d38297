// The reading half of manifest.hpp. The format is described in MANIFEST.md beside this file.
#include <algorithm>
#include <utility>

#include "core/pipeline/json_object.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::uint64_t kMaxInputSide = 4096;
constexpr std::uint64_t kMaxPartBytes = std::uint64_t{1} << 32;
constexpr std::size_t kMaxParts = 64;
constexpr std::size_t kMaxOperatingPoints = 64;
constexpr std::size_t kMaxRuleBytes = 256;

bool all_of(std::string_view text, bool (*allowed)(char)) { return std::all_of(text.begin(), text.end(), allowed); }

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }
bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_file_character(char c) {
  return is_name_character(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '+';
}

// [a-z0-9-]{1,64}
std::string read_name(const JsonObject& from, std::string_view field) {
  std::string name = from.text(field, 64);
  if (name.empty() || !all_of(name, is_name_character)) {
    from.complain(field, "expected 1 to 64 of the characters a-z, 0-9 and '-'");
  }
  return name;
}

// A file beside the manifest: nothing that could lead elsewhere.
std::string read_file_name(const JsonObject& from, std::string_view field) {
  std::string name = from.text(field, 128);
  if (name.empty() || name.front() == '.' || !all_of(name, is_file_character)) {
    from.complain(field, "expected a plain file name (a-z, A-Z, 0-9, '.', '_', '-', '+'; not starting with '.')");
  }
  return name;
}

std::string read_version(const JsonObject& from, std::string_view field) {
  std::string version = from.text(field, 64);
  if (version.empty() || !all_of(version, is_file_character)) {
    from.complain(field, "expected 1 to 64 of the characters a-z, A-Z, 0-9, '.', '_', '-' and '+'");
  }
  return version;
}

Part read_part(const JsonObject& from) {
  Part part;
  part.name = read_name(from, "name");
  part.file = read_file_name(from, "file");
  part.bytes = from.integer("bytes", 1, kMaxPartBytes);
  part.sha256 = from.text("sha256", 64);
  if (part.sha256.size() != 64 || !all_of(part.sha256, is_hex_digit)) {
    from.complain("sha256", "expected 64 hexadecimal digits in lower case");
  }
  return part;
}

input::ImageSpec read_input(const JsonObject& owner) {
  const JsonObject from = owner.object("input", {"width", "height", "fit", "channels", "mean", "scale", "fill"});
  input::ImageSpec spec;
  spec.width = static_cast<std::uint32_t>(from.integer("width", 1, kMaxInputSide));
  spec.height = static_cast<std::uint32_t>(from.integer("height", 1, kMaxInputSide));
  spec.fit = static_cast<input::Fit>(from.choice("fit", {"stretch", "letterbox"}, 0));
  spec.channels = static_cast<input::Channels>(from.choice("channels", {"rgb", "bgr", "gray"}, 0));
  from.numbers("mean", {-65536, 65536}, spec.mean.data(), spec.mean.size());
  from.numbers("scale", {-65536, 65536}, spec.scale.data(), spec.scale.size());
  spec.fill = from.number("fill", {0, 255}, 0.0F);
  return spec;
}

std::string read_part_reference(const JsonObject& from, const Manifest& manifest) {
  std::string name = read_name(from, "part");
  if (manifest.find_part(name) == nullptr) from.complain("part", "no part of that name is in 'parts'");
  return name;
}

ModelSpec read_model(const JsonObject& root, const Manifest& manifest) {
  const JsonObject from = root.object("model", {"part", "input", "output"});
  ModelSpec model;
  model.part = read_part_reference(from, manifest);
  model.input = read_input(from);
  const JsonObject output = from.object("output", {"decoder", "score_threshold", "nms_iou"});
  model.output.decoder = read_name(output, "decoder");
  model.output.score_threshold = output.number("score_threshold", {0, 1}, model.output.score_threshold);
  model.output.nms_iou = output.number("nms_iou", {0, 1}, model.output.nms_iou);
  return model;
}

SkipSpec read_skip(const JsonObject& root, const Manifest& manifest) {
  const JsonObject from =
      root.object("skip", {"part", "input", "redundant_when", "operating_points", "default_target"});
  SkipSpec skip;
  skip.part = read_part_reference(from, manifest);
  skip.input = read_input(from);
  skip.redundant_when = from.text("redundant_when", kMaxRuleBytes);
  if (skip.redundant_when.empty()) from.complain("redundant_when", "expected a rule such as \"count == 0\"");
  float last_target = 0;
  from.each("operating_points", 1, kMaxOperatingPoints, {"target", "confidence", "threshold", "filter_rate"},
            [&](const JsonObject& entry) {
              OperatingPoint point;
              point.target = entry.number("target", {0, 1, true});
              point.confidence = entry.number("confidence", {0, 1, true});
              point.threshold = entry.number("threshold", {0, 1});
              point.filter_rate = entry.number("filter_rate", {0, 1});
              if (point.target <= last_target)
                entry.complain("target", "expected targets that grow from entry to entry");
              last_target = point.target;
              skip.operating_points.push_back(point);
            });
  skip.default_target = from.number("default_target", {0, 1}, skip.default_target);
  if (skip.default_target <= 0) from.complain("default_target", "expected a number above 0");
  return skip;
}

void read_parts(const JsonObject& root, Manifest& manifest) {
  root.each("parts", 1, kMaxParts, {"name", "file", "bytes", "sha256"}, [&](const JsonObject& entry) {
    Part part = read_part(entry);
    for (const Part& other : manifest.parts) {
      if (other.name == part.name) entry.complain("name", "another part has this name");
      if (other.file == part.file) entry.complain("file", "another part has this file");
    }
    manifest.parts.push_back(std::move(part));
  });
}

}  // namespace

const Part* Manifest::find_part(std::string_view part) const {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& one) { return one.name == part; });
  return found == parts.end() ? nullptr : &*found;
}

Result<Manifest> parse_manifest(std::string_view json) {
  rapidjson::Document document;
  JsonProblem problem;
  if (!parse_json(json, kMaxManifestBytes, document, problem)) return fail(*std::move(problem.first));

  // The format comes first: a newer one may have fields that are unknown here.
  if (document.IsObject()) {
    const auto format = document.FindMember("format");
    if (format != document.MemberEnd() && format->value.IsUint64() && format->value.GetUint64() > kManifestFormat) {
      return fail(ErrorCode::kMalformedManifest,
                  {"format is ", format->value.GetUint64(), "; this build reads formats up to ", kManifestFormat});
    }
  }
  Manifest manifest;
  const JsonObject root(document, "", {"format", "name", "version", "description", "parts", "model", "skip"}, problem);
  root.integer("format", kManifestFormat, kManifestFormat);
  manifest.name = read_name(root, "name");
  manifest.version = read_version(root, "version");
  manifest.description = root.text("description", 4096, "");
  read_parts(root, manifest);
  manifest.model = read_model(root, manifest);
  if (root.has("skip")) manifest.skip = read_skip(root, manifest);
  if (problem.first) return fail(*std::move(problem.first));
  return manifest;
}

}  // namespace sluice::pipeline
