#include "native/cli/result_writer.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>

#include "core/output/detection.hpp"
#include "core/pipeline/stale_answer.hpp"
#include "native/cli/label.hpp"

namespace sluice::cli {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

// Numbers of pixels need no more; JSON knows no infinities, and no score is not a large one.
void number(Writer& writer, float value) {
  if (!std::isfinite(value) || value == pipeline::kNoScore) {
    writer.Null();
    return;
  }
  writer.Double(std::round(static_cast<double>(value) * 1000) / 1000);
}

void key_number(Writer& writer, const char* key, float value) {
  writer.Key(key);
  number(writer, value);
}

void write_boxes(Writer& writer, const pipeline::Answer& answer) {
  writer.Key("boxes");
  writer.StartArray();
  for (const pipeline::OutputTensor& output : answer.outputs) {
    if (output.name != output::kDetectionsName) continue;
    const auto detections = output::from_tensor(output.tensor.view());
    if (!detections) continue;
    for (const output::Detection& box : *detections) {
      writer.StartObject();
      key_number(writer, "x0", box.x0);
      key_number(writer, "y0", box.y0);
      key_number(writer, "x1", box.x1);
      key_number(writer, "y1", box.y1);
      key_number(writer, "score", box.score);
      writer.Key("landmarks");
      writer.StartArray();
      for (const float value : box.landmarks) number(writer, value);
      writer.EndArray();
      writer.EndObject();
    }
  }
  writer.EndArray();
}

// Of a classifier: its class, with a model in two halves how many channels that follows from, and of an early exit which one it was.
void write_label(Writer& writer, const pipeline::Answer& answer, std::span<const std::string> class_names) {
  const auto label = label_of(answer);
  if (!label) return;
  writer.Key("label");
  writer.Int64(*label);
  if (class_names.size() == classes_of(answer)) {  // other names are of other answers
    writer.Key("class");
    writer.String(class_text(*label, class_names));
  }
  if (const auto channels = channels_of(answer)) {
    writer.Key("channels");
    writer.Int(*channels);
    if (const auto age = *channels == 0 ? pipeline::stale_ms_of(answer.reason) : std::nullopt) {
      writer.Key("stale_ms");
      writer.Uint(*age);
    }
  }
  if (const auto place = exit_of(answer)) {
    writer.Key("exit");
    writer.Int(*place + 1);
  }
  if (answer.stopgap) {  // nothing better came in time; the target is not held by it
    writer.Key("unsure");
    writer.Bool(true);
  }
}

void write_considered(Writer& writer, const pipeline::ConsideredAnswer& one, bool priced) {
  const auto text = [&](const char* key, std::string_view value) {
    writer.Key(key);
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  writer.StartObject();
  text("kind", adapt::answer_kind_name(one.kind));
  text("form", pipeline::form_name(one.form));
  if (one.setting != 0) {
    writer.Key("setting");
    writer.Uint(one.setting);
  }
  key_number(writer, "ms", static_cast<float>(one.predicted.mean_ms));
  writer.Key("bytes");
  writer.Uint64(one.bytes);
  writer.Key("in_time");
  writer.Bool(one.in_time);
  if (priced) {
    key_number(writer, "cost", one.cost);
    writer.Key("error");
    writer.Double(std::round(static_cast<double>(one.error) * 1e6) / 1e6);
    writer.Key("allowed");
    writer.Bool(one.allowed);
  }
  writer.EndObject();
}

// Of a frame that was placed: what was chosen, what that was expected to take and took, and what the others were.
void write_placement(Writer& writer, const pipeline::Answer& answer) {
  const pipeline::PlacementRecord* placed = answer.placement.get();
  if (placed == nullptr) return;
  const auto text = [&](const char* key, std::string_view value) {
    writer.Key(key);
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  if (placed->count != 0) {
    const pipeline::ConsideredAnswer& chosen = placed->chosen();
    const bool priced =
        std::ranges::any_of(placed->all(), [](const auto& one) { return one.cost > 0 || one.error > 0; });
    text("chosen", adapt::answer_kind_name(chosen.kind));
    text("form", pipeline::form_name(chosen.form));
    key_number(writer, "predicted_ms", static_cast<float>(chosen.predicted.mean_ms));
    key_number(writer, "took_ms", placed->actual_ms);
    writer.Key("bytes");
    writer.Uint64(placed->actual_bytes);
    if (priced) {
      key_number(writer, "predicted_cost", chosen.cost);
      key_number(writer, "cost", placed->actual_cost);
      key_number(writer, "price_per_error", placed->price_per_error);
      writer.Key("asked");
      writer.Uint(placed->asked);
    }
    writer.Key("considered");
    writer.StartArray();
    for (const pipeline::ConsideredAnswer& one : placed->all()) write_considered(writer, one, priced);
    writer.EndArray();
  }
  if (placed->duplicate != pipeline::Duplicate::kNone) text("duplicate", pipeline::duplicate_name(placed->duplicate));
}

}  // namespace

std::string result_line(const FrameOrigin& origin, const client::Outcome& outcome,
                        std::span<const std::string> class_names) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("frame");
  writer.Uint64(origin.index);
  writer.Key("time_ms");
  writer.Int64(origin.time.count() / 1000);
  if (!origin.name.empty()) {
    writer.Key("file");
    writer.String(origin.name);
  }
  writer.Key("kind");
  if (const auto* answer = std::get_if<pipeline::Answer>(&outcome)) {
    const std::string_view kind = pipeline::kind_name(answer->kind);
    writer.String(kind.data(), static_cast<rapidjson::SizeType>(kind.size()));
    key_number(writer, "score", answer->score);
    write_boxes(writer, *answer);
    if (!answer->variant.empty()) {
      writer.Key("variant");
      writer.String(answer->variant);
    }
    write_label(writer, *answer, class_names);
    write_placement(writer, *answer);
  } else {
    const Error& error = std::get<pipeline::Failed>(outcome).error;
    const std::string_view name = error_name(error.code);
    writer.String("failed");
    writer.Key("error");
    writer.String(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.Key("message");
    writer.String(error.message);
  }
  writer.EndObject();
  return buffer.GetString();
}

Result<ResultWriter> ResultWriter::create(const std::filesystem::path& path, std::vector<std::string> class_names) {
  auto lines = LineFile::create(path);
  if (!lines) return fail(lines.error());
  return ResultWriter(std::move(*lines), std::move(class_names));
}

void ResultWriter::write(const FrameOrigin& origin, const client::Outcome& outcome) {
  lines_->write(result_line(origin, outcome, class_names_));
}

}  // namespace sluice::cli
