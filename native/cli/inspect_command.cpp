#include "native/cli/inspect_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>
#include <span>

#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/cli/bundle_search.hpp"
#include "native/cli/model_inspection.hpp"
#include "native/cli/printable.hpp"

namespace sluice::cli {
namespace {

constexpr const char* kInspectExamples =
    "Examples:\n"
    "  sluice inspect model.onnx        inputs, outputs, operators, cost\n"
    "  sluice inspect faces             the bundle's parts, hashes and operating points, and its models";

// Line ends are ours: what a bundle says about itself goes through printable() where it may hold some.
void print(const std::string& text) { std::fputs(printable_lines(text).c_str(), stdout); }

std::string picture_text(const input::ImageSpec& spec) {
  const char* channels = spec.channels == input::Channels::kGray  ? "gray"
                         : spec.channels == input::Channels::kBgr ? "BGR"
                                                                  : "RGB";
  return join_text({spec.width, " x ", spec.height, " ", channels,
                    spec.fit == input::Fit::kLetterbox ? ", letterboxed" : ", stretched"});
}

struct InputText {
  std::string operator()(const input::ImageSpec& spec) const { return "picture " + picture_text(spec); }
  std::string operator()(const input::ClipSpec& spec) const {
    return join_text({"clip of ", spec.frames, " pictures ", picture_text(spec.frame)});
  }
  std::string operator()(const input::AudioSpec& spec) const {
    return join_text({"audio of ", spec.samples, " samples x ", spec.channels, " channels at ", spec.rate_hz, " Hz"});
  }
  std::string operator()(const input::SignalSpec& spec) const {
    return join_text({"signal of ", spec.steps, " steps x ", spec.channels, " channels"});
  }
  std::string operator()(const input::TextSpec& spec) const {
    return join_text({"text of at most ", spec.max_bytes, " bytes"});
  }
  std::string operator()(const input::TensorSpec& spec) const {
    return join_text({"tensor ", type_name(spec.type), " ", to_string(spec.shape)});
  }
};

std::string input_text(const input::InputSpec& spec) { return std::visit(InputText{}, spec); }

// `allowed`: what the question may spend at the bundle's own target.
void print_points(const std::string& title, std::span<const pipeline::OperatingPoint> points, float allowed) {
  print(title + "\n");
  std::printf("  target  confidence  threshold  answered in calibration\n");
  const auto chosen = pipeline::choose_point({points.begin(), points.end()}, allowed);
  for (const pipeline::OperatingPoint& point : points) {
    const bool taken = chosen.error > 0 && 1 - point.target == chosen.error;
    std::printf("  %5.1f %%    %6.1f %%   %8.4f  %6.1f %%%s\n", 100 * static_cast<double>(point.target),
                100 * static_cast<double>(point.confidence), static_cast<double>(point.threshold),
                100 * static_cast<double>(point.filter_rate), taken ? "  (taken by default)" : "");
  }
}

void print_questions(const pipeline::Manifest& manifest) {
  float whole = 0;
  for (const pipeline::AskedQuestion& asked : manifest.questions) whole += asked.spec->error_share;
  const auto allowed = [&](const pipeline::QuestionSpec& spec) {
    return (1 - manifest.default_target) * spec.error_share / whole;
  };
  if (const auto* skip = manifest.find_question<questions::SkipSpec>()) {
    print_points("skip: part '" + skip->part + "', " + input_text(skip->input) + ", redundant when " +
                     printable(skip->redundant_when),
                 skip->operating_points, allowed(*skip));
  }
  if (const auto* reuse = manifest.find_question<questions::ReuseSpec>()) {
    print_points(join_text({"reuse: part '", reuse->part, "', output '", printable(reuse->output), "', up to ",
                            reuse->max_entries, " answers for ", reuse->max_age_ms / 1000, " s"}),
                 reuse->operating_points, allowed(*reuse));
  }
}

// What the bundle asks, by which way the other inputs go, and what this build passes over.
void print_behaviour(const pipeline::Manifest& manifest) {
  print(join_text({"answers may differ from the full model's for ", 100 * (1 - manifest.default_target),
                   " % of all inputs, unless another target is asked for\n"}));
  if (manifest.questions.empty()) print("asks no question: every input goes to the full model\n");
  for (const pipeline::AskedQuestion& question : manifest.questions) {
    print(join_text({"asks '", question.row->kind, "', which may spend ", 100 * question.spec->error_share,
                     " % of that, part '", question.row->part(*question.spec), "'\n"}));
  }
  if (manifest.routes.empty()) print("the other inputs take whatever way the client allows\n");
  for (const pipeline::RouteSpec& route : manifest.routes) {
    if (&route == &manifest.routes.front()) print("the other inputs go '" + route.kind + "'");
    if (!route.otherwise.empty()) print(", else '" + route.otherwise + "'");
    if (&route == &manifest.routes.back()) print("\n");
  }
  for (const std::string& section : manifest.ignored)
    print("'" + printable(section) + "' is unknown to this build and ignored\n");
}

}  // namespace

void InspectCommand::declare(CLI::App& app) {
  app.add_option("what", path_, "ONNX file, bundle folder or bundle name")->required()->type_name("MODEL|BUNDLE");
  app.footer(kInspectExamples);
}

int InspectCommand::run() {
  std::error_code unreadable;
  if (std::filesystem::is_regular_file(path_, unreadable)) return inspect_file();
  const auto folder = find_bundle(path_);
  if (!folder) return complain(folder.error());
  return inspect_bundle(folder->string());
}

int InspectCommand::inspect_file() {
  const auto bytes = bundle::read_file(path_);
  if (!bytes) return complain(bytes.error());
  const auto inspection = inspect_model(as_bytes(*bytes));
  if (!inspection) return complain(inspection.error());
  print(describe_model(*inspection));
  return kDone;
}

int InspectCommand::inspect_bundle(const std::string& folder) {
  const auto manifest = bundle::read_manifest(folder);
  if (!manifest) return complain(manifest.error());
  print(manifest->name + " " + manifest->version +
        (manifest->description.empty() ? "" : ": " + printable(manifest->description)) + "\n");
  int exit_code = kDone;
  print("parts in " + folder + "\n");
  std::vector<std::pair<std::string, std::string>> models;
  for (const pipeline::Part& part : manifest->parts) {
    const std::string names[] = {part.name};
    auto read = bundle::read_bundle(folder, names);
    std::printf("  %-10s %-24s %10llu bytes  %s\n", part.name.c_str(), part.file.c_str(),
                static_cast<unsigned long long>(part.bytes), read ? "size and SHA-256 as stated" : "NOT AS STATED");
    if (read) {
      if (part.file.ends_with(".onnx")) models.emplace_back(part.name, std::move(read->parts.begin()->second));
    } else {
      exit_code = complain(read.error());
    }
  }
  print("full model: part '" + manifest->model.part + "', " + input_text(manifest->model.input) + ", decoder '" +
        manifest->model.output.decoder + "'\n");
  print_behaviour(*manifest);
  print_questions(*manifest);
  for (const auto& [name, bytes] : models) {
    const auto inspection = inspect_model(as_bytes(bytes));
    print("\npart '" + name + "': ");
    if (!inspection) {
      exit_code = complain(inspection.error());
      continue;
    }
    print(describe_model(*inspection));
  }
  return exit_code;
}

}  // namespace sluice::cli
