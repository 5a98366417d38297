// The reading half of manifest.hpp. The format is described in MANIFEST.md beside this file.
#include <algorithm>
#include <utility>

#include "core/pipeline/manifest_fields.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::uint64_t kMaxPartBytes = std::uint64_t{1} << 32;
constexpr std::size_t kMaxParts = 64;
constexpr std::size_t kMaxQuestions = 16;
constexpr std::size_t kMaxRoutes = 8;
constexpr std::size_t kMaxRequired = 32;
constexpr float kShareSlack = 1e-5F;  // decimal shares are held as floats

// What format 2 knows at the root; other sections are ignored unless `requires` names them.
constexpr std::array<std::string_view, 11> kSections = {"format",    "name",   "version",    "description",
                                                        "parts",     "model",  "agree_when", "default_target",
                                                        "questions", "routes", "requires"};
constexpr std::array<std::string_view, 2> kRoutes = {"remote", "local"};

bool all_of(std::string_view text, bool (*allowed)(char)) { return std::all_of(text.begin(), text.end(), allowed); }

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_file_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '+';
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

void read_parts(const JsonObject& root, Manifest& manifest) {
  root.each("parts", 1, kMaxParts, {"name", "file", "bytes", "sha256"}, [&](const JsonObject& entry) {
    Part part;
    part.name = read_name(entry, "name");
    part.file = read_file_name(entry, "file");
    part.bytes = entry.integer("bytes", 1, kMaxPartBytes);
    part.sha256 = entry.text("sha256", 64);
    if (part.sha256.size() != 64 || !all_of(part.sha256, is_hex_digit)) {
      entry.complain("sha256", "expected 64 hexadecimal digits in lower case");
    }
    for (const Part& other : manifest.parts) {
      if (other.name == part.name) entry.complain("name", "another part has this name");
      if (other.file == part.file) entry.complain("file", "another part has this file");
    }
    manifest.parts.push_back(std::move(part));
  });
}

PayloadBounds read_payload(const JsonObject& model) {
  PayloadBounds bounds;
  if (!model.has("payload")) return bounds;
  const JsonObject from = model.object("payload", {"min_jpeg_quality", "max_jpeg_quality", "min_scale", "loss"});
  bounds.max_jpeg_quality =
      static_cast<std::uint32_t>(from.integer("max_jpeg_quality", 1, 100, bounds.max_jpeg_quality));
  bounds.min_jpeg_quality = static_cast<std::uint32_t>(
      from.integer("min_jpeg_quality", 1, 100, std::min(bounds.min_jpeg_quality, bounds.max_jpeg_quality)));
  if (bounds.min_jpeg_quality > bounds.max_jpeg_quality) {
    from.complain("min_jpeg_quality", join_text({"expected at most max_jpeg_quality, ", bounds.max_jpeg_quality}));
  }
  bounds.min_scale = from.number("min_scale", {0.05, 1}, bounds.min_scale);
  bounds.lossless = from.choice("loss", {"some", "none"}, 0) == 1;
  return bounds;
}

ModelSpec read_model(const JsonObject& root, const Manifest& manifest) {
  const JsonObject from = root.object("model", {"part", "input", "output", "payload"});
  ModelSpec model;
  model.part = read_part_reference(from, manifest);
  model.input = read_input(from);
  const JsonObject output = from.object("output", {"decoder", "score_threshold", "nms_iou"});
  model.output.decoder = read_name(output, "decoder");
  model.output.score_threshold = output.number("score_threshold", {0, 1}, model.output.score_threshold);
  model.output.nms_iou = output.number("nms_iou", {0, 1}, model.output.nms_iou);
  model.payload = read_payload(from);
  return model;
}

// Without the section: detections agree when their boxes do, a model's own tensors when they are equal.
output::AgreementSpec read_agreement(const JsonObject& root, const OutputSpec& output) {
  output::AgreementSpec spec;
  spec.rule = output::gives_detections(output) ? "boxes" : "numbers";
  if (!root.has("agree_when")) return spec;
  const JsonObject from = root.object("agree_when", {"rule", "iou", "tolerance"});
  spec.rule = read_name(from, "rule");
  spec.iou = from.number("iou", {0, 1}, spec.iou);
  spec.tolerance = from.number("tolerance", {0, 1e6}, spec.tolerance);
  if (const auto checked = output::Agreement::make(spec); !checked) {
    from.complain("rule", checked.error().message);
  } else if (const auto fits = output::check_fits(spec, output); !fits) {
    from.complain("rule", fits.error().message);
  }
  return spec;
}

float read_target(const JsonObject& from) {
  const float target = from.number("default_target", {0, 1}, 0.9F);
  if (target <= 0) from.complain("default_target", "expected a number above 0");
  return target;
}

const QuestionRow* find_row(std::span<const QuestionRow> rows, std::string_view kind) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const QuestionRow& row) { return row.kind == kind; });
  return found == rows.end() ? nullptr : &*found;
}

void read_questions(const JsonObject& root, std::span<const QuestionRow> rows, Manifest& manifest) {
  if (!root.has("questions")) return;
  float shares = 0;
  root.each("questions", 0, kMaxQuestions, [&](const JsonObject& entry) {
    const std::string kind = read_name(entry, "kind");
    const QuestionRow* row = find_row(rows, kind);
    if (row == nullptr) {
      manifest.ignored.push_back(kind);
      return;
    }
    for (const AskedQuestion& other : manifest.questions) {
      if (other.row == row) entry.complain("kind", "another question is of this kind");
    }
    manifest.questions.push_back({row, row->read(entry, manifest)});
    shares += manifest.questions.back().spec->error_share;
    if (shares > 1 + kShareSlack) {
      entry.complain("error_share",
                     join_text({"with it the questions' shares are ", shares, " together; expected at most 1"}));
    }
  });
}

void read_routes(const JsonObject& root, Manifest& manifest) {
  if (!root.has("routes")) return;
  root.each("routes", 1, kMaxRoutes, {"kind", "otherwise"}, [&](const JsonObject& entry) {
    RouteSpec route;
    route.kind = read_name(entry, "kind");
    if (entry.has("otherwise")) route.otherwise = read_name(entry, "otherwise");
    if (std::find(kRoutes.begin(), kRoutes.end(), route.kind) == kRoutes.end()) {
      manifest.ignored.push_back(route.kind);
    }
    for (const RouteSpec& other : manifest.routes) {
      if (other.kind == route.kind) entry.complain("kind", "another route is of this kind");
    }
    manifest.routes.push_back(std::move(route));
  });
  const auto index_of = [&](std::string_view kind) {
    const auto found = std::find_if(manifest.routes.begin(), manifest.routes.end(),
                                    [&](const RouteSpec& one) { return one.kind == kind; });
    return static_cast<std::size_t>(found - manifest.routes.begin());
  };
  for (std::size_t start = 0; start < manifest.routes.size(); ++start) {
    std::size_t at = start;
    for (std::size_t steps = 0; !manifest.routes[at].otherwise.empty(); ++steps) {
      const std::string& next = manifest.routes[at].otherwise;
      at = index_of(next);
      if (at == manifest.routes.size()) {
        return root.complain("routes", join_text({"no route is of the kind '", next, "' that 'otherwise' names"}));
      }
      if (steps >= manifest.routes.size()) {
        return root.complain("routes",
                             join_text({"'otherwise' leads from '", manifest.routes[start].kind, "' in a circle"}));
      }
    }
  }
}

// Sections that this build does not know are ignored, so that a new one does not lock out old readers, unless the bundle says
// that it makes no sense without them.
Result<void> read_requirements(const JsonObject& root, std::span<const QuestionRow> rows,
                               std::span<const ManifestSection> sections, Manifest& manifest) {
  const auto is_section = [&](std::string_view name) {
    return std::find(kSections.begin(), kSections.end(), name) != kSections.end() ||
           std::any_of(sections.begin(), sections.end(), [&](const auto& one) { return one.name == name; });
  };
  for (const std::string_view section : root.fields()) {
    if (section.substr(0, 2) == "x_") continue;
    if (!is_section(section)) manifest.ignored.emplace_back(section);
  }
  for (const std::string& required : root.texts("requires", kMaxRequired, 64)) {
    const bool known = is_section(required) || std::find(kRoutes.begin(), kRoutes.end(), required) != kRoutes.end() ||
                       find_row(rows, required) != nullptr;
    if (known) continue;
    return fail(ErrorCode::kUnsupportedEnvironment, {"the bundle '", manifest.name, "' requires '", required,
                                                     "', which this build of Sluice does not know"});
  }
  return {};
}

}  // namespace

const Part* Manifest::find_part(std::string_view part) const {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& one) { return one.name == part; });
  return found == parts.end() ? nullptr : &*found;
}

Result<Manifest> parse_manifest(std::string_view json, std::span<const QuestionRow> rows,
                                std::span<const ManifestSection> sections) {
  rapidjson::Document document;
  JsonProblem problem;
  if (!parse_json(json, kMaxManifestBytes, document, problem)) return fail(*std::move(problem.first));

  const JsonObject root(document, "", problem);
  const std::uint64_t format = root.integer("format", kOldestManifestFormat, kManifestFormat);
  if (problem.first) return fail(*std::move(problem.first));
  if (format == 1) root.only({"format", "name", "version", "description", "parts", "model", "skip"});
  root.each_once();
  Manifest manifest;
  manifest.name = read_name(root, "name");
  if (format != 1) {
    if (auto met = read_requirements(root, rows, sections, manifest); !met) return fail(met.error());
  }
  manifest.version = read_version(root, "version");
  manifest.description = root.text("description", 4096, "");
  read_parts(root, manifest);
  manifest.model = read_model(root, manifest);
  manifest.agree_when = read_agreement(root, manifest.model.output);
  if (format == 1) {
    if (const QuestionRow* skip = find_row(rows, "skip"); skip != nullptr && root.has("skip")) {
      const JsonObject section = root.object("skip");
      manifest.default_target = read_target(section);
      manifest.questions.push_back({skip, skip->read(section, manifest)});
    }
  } else {
    manifest.default_target = read_target(root);
    for (const ManifestSection& section : sections) {
      if (root.has(section.name)) section.read(root, manifest);
    }
    read_questions(root, rows, manifest);
    read_routes(root, manifest);
  }
  if (problem.first) return fail(*std::move(problem.first));
  return manifest;
}

}  // namespace sluice::pipeline
