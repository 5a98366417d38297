// The writing half of manifest.hpp.
#include <algorithm>

#include "core/pipeline/manifest_fields.hpp"

namespace sluice::pipeline {
namespace {

void write_part(JsonWriter& out, const Part& part) {
  out.begin_object();
  out.text("name", part.name);
  out.text("file", part.file);
  out.integer("bytes", part.bytes);
  out.text("sha256", part.sha256);
  out.end_object();
}

void write_model(JsonWriter& out, const ModelSpec& model) {
  out.begin_object("model");
  out.text("part", model.part);
  write_input(out, model.input);
  out.begin_object("output");
  out.text("decoder", model.output.decoder);
  out.number("score_threshold", model.output.score_threshold);
  out.number("nms_iou", model.output.nms_iou);
  out.end_object();
  out.begin_object("payload");
  out.integer("min_jpeg_quality", model.payload.min_jpeg_quality);
  out.integer("max_jpeg_quality", model.payload.max_jpeg_quality);
  out.number("min_scale", model.payload.min_scale);
  if (model.payload.lossless) out.text("loss", "none");
  out.end_object();
  out.end_object();
}

void write_variants(JsonWriter& out, const std::vector<ModelVariant>& variants) {
  if (variants.empty()) return;
  out.begin_array("variants");
  for (const ModelVariant& variant : variants) {
    out.begin_object();
    out.text("name", variant.name);
    out.text("part", variant.part);
    if (variant.agreement > 0) out.number("agreement", variant.agreement);
    if (!variant.profile.empty()) {
      out.begin_array("profile");
      for (const MeasuredProfile& profile : variant.profile) {
        out.begin_object();
        out.text("device", profile.device);
        out.number("ms", profile.ms);
        out.integer("bytes", profile.bytes);
        out.end_object();
      }
      out.end_array();
    }
    out.end_object();
  }
  out.end_array();
}

void write_batching(JsonWriter& out, const BatchSpec& batching) {
  if (batching.max_batch == 1) return;
  out.begin_object("batching");
  out.integer("axis", batching.axis);
  out.integer("max_batch", batching.max_batch);
  out.integer("max_delay_us", batching.max_delay_us);
  out.end_object();
}

void write_split(JsonWriter& out, const SplitSpec& split) {
  out.begin_object("split");
  out.text("device", split.device);
  out.text("remote", split.remote);
  if (!split.values.empty()) out.numbers("values", split.values);
  out.begin_array("points");
  for (const SplitPoint& point : split.points) {
    out.begin_object();
    out.number("target", point.target);
    out.integer("channels", point.channels);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

void write_exit_points(JsonWriter& out, const std::vector<ExitPoint>& points) {
  out.begin_array("points");
  for (const ExitPoint& point : points) {
    out.begin_object();
    out.number("target", point.target);
    out.numbers("thresholds", point.thresholds);
    out.end_object();
  }
  out.end_array();
}

void write_exit_cut(JsonWriter& out, const ExitCutSpec& cut) {
  out.begin_object("cut");
  out.integer("place", cut.place);
  out.text("coding", cut.coding);
  out.numbers("values", cut.values);
  write_exit_points(out, cut.points);
  out.end_object();
}

void write_exits(JsonWriter& out, const ExitsSpec& exits) {
  out.begin_object("exits");
  out.text("part", exits.part);
  out.text("rule", exits::rule_name(exits.rule));
  out.begin_array("places");
  for (const exits::ExitPlace& place : exits.places) {
    out.begin_object();
    out.text("tensor", place.tensor);
    out.text("exit", place.exit);
    out.end_object();
  }
  out.end_array();
  write_exit_points(out, exits.points);
  if (exits.cut) write_exit_cut(out, *exits.cut);
  out.end_object();
}

Result<void> write_questions(JsonWriter& out, const Manifest& manifest, std::span<const QuestionWriter> writers) {
  out.begin_array("questions");
  for (const AskedQuestion& asked : manifest.questions) {
    const auto writer = std::find_if(writers.begin(), writers.end(),
                                     [&](const QuestionWriter& one) { return one.kind == asked.row->kind; });
    if (writer == writers.end()) {
      return fail(ErrorCode::kInvalidArgument, {"no writer was given for questions of the kind '", asked.row->kind,
                                                "', which '", manifest.name, "' asks"});
    }
    out.begin_object();
    out.text("kind", asked.row->kind);
    writer->write(out, *asked.spec);
    out.end_object();
  }
  out.end_array();
  return {};
}

}  // namespace

Result<std::string> write_manifest(const Manifest& manifest, std::span<const QuestionWriter> writers) {
  JsonWriter out;
  out.begin_object();
  out.integer("format", kManifestFormat);
  out.text("name", manifest.name);
  out.text("version", manifest.version);
  out.text("description", manifest.description);
  out.begin_array("parts");
  for (const Part& part : manifest.parts) write_part(out, part);
  out.end_array();
  write_model(out, manifest.model);
  write_variants(out, manifest.variants);
  write_batching(out, manifest.batching);
  if (manifest.split) write_split(out, *manifest.split);
  if (manifest.exits) write_exits(out, *manifest.exits);
  if (!manifest.agree_when.rule.empty()) {
    out.begin_object("agree_when");
    out.text("rule", manifest.agree_when.rule);
    out.number("iou", manifest.agree_when.iou);
    out.number("tolerance", manifest.agree_when.tolerance);
    out.end_object();
  }
  out.number("default_target", manifest.default_target);
  if (auto written = write_questions(out, manifest, writers); !written) return fail(written.error());
  if (!manifest.routes.empty()) {
    out.begin_array("routes");
    for (const RouteSpec& route : manifest.routes) {
      out.begin_object();
      out.text("kind", route.kind);
      if (!route.otherwise.empty()) out.text("otherwise", route.otherwise);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  return out.take();
}

}  // namespace sluice::pipeline
