#include "core/pipeline/manifest_fields.hpp"

#include <algorithm>

namespace sluice::pipeline {
namespace {

constexpr std::uint64_t kMaxInputSide = 4096;
constexpr std::size_t kMaxOperatingPoints = 64;
constexpr Range kAnyNumber{-65536, 65536};

// Element types that a tensor input may have.
constexpr std::array kTensorTypes = {DataType::kFloat32, DataType::kUint8, DataType::kInt8, DataType::kInt32,
                                     DataType::kInt64};

std::uint32_t read_count(const JsonObject& from, std::string_view field, std::uint64_t most) {
  return static_cast<std::uint32_t>(from.integer(field, 1, most));
}

input::ImageSpec read_image(const JsonObject& from) {
  input::ImageSpec spec;
  spec.width = read_count(from, "width", kMaxInputSide);
  spec.height = read_count(from, "height", kMaxInputSide);
  spec.fit = static_cast<input::Fit>(from.choice("fit", {"stretch", "letterbox"}, 0));
  spec.channels = static_cast<input::Channels>(from.choice("channels", {"rgb", "bgr", "gray"}, 0));
  from.numbers("mean", kAnyNumber, spec.mean.data(), spec.mean.size());
  from.numbers("scale", kAnyNumber, spec.scale.data(), spec.scale.size());
  spec.fill = from.number("fill", {0, 255}, 0.0F);
  return spec;
}

input::AudioSpec read_audio(const JsonObject& from) {
  input::AudioSpec spec;
  spec.samples = read_count(from, "samples", input::kMaxAudioSamples);
  spec.channels = static_cast<std::uint32_t>(from.integer("channels", 1, input::kMaxAudioChannels, 1));
  spec.rate_hz = read_count(from, "rate_hz", input::kMaxAudioRateHz);
  spec.mean = from.number("mean", kAnyNumber, 0.0F);
  spec.scale = from.number("scale", kAnyNumber, 1.0F);
  return spec;
}

input::SignalSpec read_signal(const JsonObject& from) {
  input::SignalSpec spec;
  spec.steps = read_count(from, "steps", input::kMaxSignalSteps);
  spec.channels = read_count(from, "channels", input::kMaxSignalChannels);
  for (auto [field, numbers] : {std::pair("mean", &spec.mean), std::pair("scale", &spec.scale)}) {
    *numbers = from.numbers(field, kAnyNumber, input::kMaxSignalChannels);
    if (!numbers->empty() && numbers->size() != spec.channels) {
      from.complain(field, join_text({"expected one number for each of the ", spec.channels, " channels"}));
    }
  }
  return spec;
}

input::TensorSpec read_tensor(const JsonObject& from) {
  input::TensorSpec spec;
  spec.type = kTensorTypes[from.choice("type", {"float32", "uint8", "int8", "int32", "int64"}, 0)];
  std::vector<std::int64_t> dims;
  for (const float dim : from.numbers("dims", {1, 1 << 24}, Shape::kMaxRank))
    dims.push_back(static_cast<std::int64_t>(dim));
  if (dims.empty()) from.complain("dims", "expected the tensor's dimensions");
  spec.shape = Shape::make(dims).value_or(Shape{});
  return spec;
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

struct SpecWriter {
  JsonWriter& out;

  void operator()(const input::ImageSpec& spec) const {
    out.integer("width", spec.width);
    out.integer("height", spec.height);
    out.text("fit", fit_name(spec.fit));
    out.text("channels", channels_name(spec.channels));
    out.numbers("mean", spec.mean);
    out.numbers("scale", spec.scale);
    out.number("fill", spec.fill);
  }
  void operator()(const input::ClipSpec& spec) const {
    (*this)(spec.frame);
    out.integer("frames", spec.frames);
  }
  void operator()(const input::AudioSpec& spec) const {
    out.integer("samples", spec.samples);
    out.integer("channels", spec.channels);
    out.integer("rate_hz", spec.rate_hz);
    out.number("mean", spec.mean);
    out.number("scale", spec.scale);
  }
  void operator()(const input::SignalSpec& spec) const {
    out.integer("steps", spec.steps);
    out.integer("channels", spec.channels);
    if (!spec.mean.empty()) out.numbers("mean", spec.mean);
    if (!spec.scale.empty()) out.numbers("scale", spec.scale);
  }
  void operator()(const input::TextSpec& spec) const { out.integer("max_bytes", spec.max_bytes); }
  void operator()(const input::TensorSpec& spec) const {
    out.text("type", type_name(spec.type));
    std::vector<float> dims;
    for (const std::int64_t dim : spec.shape.dims()) dims.push_back(static_cast<float>(dim));
    out.numbers("dims", dims);
  }
};

}  // namespace

std::string read_name(const JsonObject& from, std::string_view field) {
  std::string name = from.text(field, 64);
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), allowed)) {
    from.complain(field, "expected 1 to 64 of the characters a-z, 0-9 and '-'");
  }
  return name;
}

std::string read_part_reference(const JsonObject& from, const Manifest& manifest, std::string_view field) {
  std::string name = read_name(from, field);
  if (manifest.find_part(name) == nullptr) from.complain(field, "no part of that name is in 'parts'");
  return name;
}

input::InputSpec read_input(const JsonObject& owner) {
  const JsonObject from = owner.object("input");
  switch (static_cast<input::Modality>(
      from.choice("modality", {"image", "clip", "audio", "signal", "text", "tensor"}, 0))) {
    case input::Modality::kImage:
      from.only({"modality", "width", "height", "fit", "channels", "mean", "scale", "fill"});
      return read_image(from);
    case input::Modality::kClip:
      from.only({"modality", "width", "height", "fit", "channels", "mean", "scale", "fill", "frames"});
      return input::ClipSpec{read_image(from), read_count(from, "frames", input::kMaxClipFrames)};
    case input::Modality::kAudio:
      from.only({"modality", "samples", "channels", "rate_hz", "mean", "scale"});
      return read_audio(from);
    case input::Modality::kSignal:
      from.only({"modality", "steps", "channels", "mean", "scale"});
      return read_signal(from);
    case input::Modality::kText:
      from.only({"modality", "max_bytes"});
      return input::TextSpec{read_count(from, "max_bytes", input::kMaxTextBytes)};
    case input::Modality::kTensor: break;
  }
  from.only({"modality", "type", "dims"});
  return read_tensor(from);
}

input::InputSpec read_question_input(const JsonObject& owner, const Manifest& manifest) {
  input::InputSpec spec = read_input(owner);
  const std::string asked = input::window_text(spec);
  const std::string run = input::window_text(manifest.model.input);
  if (asked != run) owner.refuse("input", join_text({"takes ", asked, "; expected what the model takes, ", run}));
  return spec;
}

void write_input(JsonWriter& out, const input::InputSpec& spec) {
  out.begin_object("input");
  out.text("modality", input::modality_name(input::modality_of(spec)));
  std::visit(SpecWriter{out}, spec);
  out.end_object();
}

std::vector<OperatingPoint> read_operating_points(const JsonObject& owner, double max_threshold) {
  std::vector<OperatingPoint> points;
  float last_target = 0;
  owner.each("operating_points", 1, kMaxOperatingPoints, {"target", "confidence", "threshold", "filter_rate"},
             [&](const JsonObject& entry) {
               OperatingPoint point;
               point.target = entry.number("target", {0, 1, true});
               point.confidence = entry.number("confidence", {0, 1, true});
               point.threshold = entry.number("threshold", {0, max_threshold});
               point.filter_rate = entry.number("filter_rate", {0, 1});
               if (point.target <= last_target)
                 entry.complain("target", "expected targets that grow from entry to entry");
               last_target = point.target;
               points.push_back(point);
             });
  return points;
}

void write_operating_points(JsonWriter& out, const std::vector<OperatingPoint>& points) {
  out.begin_array("operating_points");
  for (const OperatingPoint& point : points) {
    out.begin_object();
    out.number("target", point.target);
    out.number("confidence", point.confidence);
    out.number("threshold", point.threshold);
    out.number("filter_rate", point.filter_rate);
    out.end_object();
  }
  out.end_array();
}

float read_error_share(const JsonObject& from) {
  const float share = from.number("error_share", {0, 1}, 1.0F);
  if (share <= 0) from.complain("error_share", "expected a number above 0");
  return share;
}

}  // namespace sluice::pipeline
