// The writing half of manifest.hpp.
#include <charconv>
#include <cstdlib>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

// The shortest digits that read back as this float ("0.4", not "0.4000000059604645").
void write_float(Writer& out, float value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits) - 1, value).ptr;
  *end = '\0';
  if (static_cast<float>(std::strtod(digits, nullptr)) != value) {
    out.Double(static_cast<double>(value));
  } else {
    out.RawValue(digits, static_cast<std::size_t>(end - digits), rapidjson::kNumberType);
  }
}

void write_text(Writer& out, const char* key, const std::string& text) {
  out.Key(key);
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write_number(Writer& out, const char* key, float value) {
  out.Key(key);
  write_float(out, value);
}

void write_triple(Writer& out, const char* key, const std::array<float, 3>& values) {
  out.Key(key);
  out.StartArray();
  for (const float value : values) write_float(out, value);
  out.EndArray();
}

const char* fit_name(input::Fit fit) { return fit == input::Fit::kLetterbox ? "letterbox" : "stretch"; }

const char* channels_name(input::Channels channels) {
  switch (channels) {
    case input::Channels::kBgr: return "bgr";
    case input::Channels::kGray: return "gray";
    case input::Channels::kRgb: break;
  }
  return "rgb";
}

void write_input(Writer& out, const input::ImageSpec& spec) {
  out.Key("input");
  out.StartObject();
  out.Key("width");
  out.Uint(spec.width);
  out.Key("height");
  out.Uint(spec.height);
  write_text(out, "fit", fit_name(spec.fit));
  write_text(out, "channels", channels_name(spec.channels));
  write_triple(out, "mean", spec.mean);
  write_triple(out, "scale", spec.scale);
  write_number(out, "fill", spec.fill);
  out.EndObject();
}

void write_part(Writer& out, const Part& part) {
  out.StartObject();
  write_text(out, "name", part.name);
  write_text(out, "file", part.file);
  out.Key("bytes");
  out.Uint64(part.bytes);
  write_text(out, "sha256", part.sha256);
  out.EndObject();
}

void write_model(Writer& out, const ModelSpec& model) {
  out.StartObject();
  write_text(out, "part", model.part);
  write_input(out, model.input);
  out.Key("output");
  out.StartObject();
  write_text(out, "decoder", model.output.decoder);
  write_number(out, "score_threshold", model.output.score_threshold);
  write_number(out, "nms_iou", model.output.nms_iou);
  out.EndObject();
  out.EndObject();
}

void write_skip(Writer& out, const SkipSpec& skip) {
  out.StartObject();
  write_text(out, "part", skip.part);
  write_input(out, skip.input);
  write_text(out, "redundant_when", skip.redundant_when);
  out.Key("operating_points");
  out.StartArray();
  for (const OperatingPoint& point : skip.operating_points) {
    out.StartObject();
    write_number(out, "target", point.target);
    write_number(out, "confidence", point.confidence);
    write_number(out, "threshold", point.threshold);
    write_number(out, "filter_rate", point.filter_rate);
    out.EndObject();
  }
  out.EndArray();
  write_number(out, "default_target", skip.default_target);
  out.EndObject();
}

}  // namespace

std::string write_manifest(const Manifest& manifest) {
  rapidjson::StringBuffer buffer;
  Writer out(buffer);
  out.SetIndent(' ', 2);
  out.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  out.StartObject();
  out.Key("format");
  out.Uint(kManifestFormat);
  write_text(out, "name", manifest.name);
  write_text(out, "version", manifest.version);
  write_text(out, "description", manifest.description);
  out.Key("parts");
  out.StartArray();
  for (const Part& part : manifest.parts) write_part(out, part);
  out.EndArray();
  out.Key("model");
  write_model(out, manifest.model);
  if (manifest.skip) {
    out.Key("skip");
    write_skip(out, *manifest.skip);
  }
  out.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace sluice::pipeline
