#include "native/cli/inspect_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>

#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/cli/bundle_search.hpp"
#include "native/cli/model_inspection.hpp"

namespace sluice::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  sluice inspect model.onnx        inputs, outputs, operators, cost\n"
    "  sluice inspect faces             the bundle's parts, hashes and operating points, and its models";

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

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

void print_skip(const questions::SkipSpec& skip, float default_target) {
  print("skip filter: part '" + skip.part + "', " + input_text(skip.input) + ", redundant when " + skip.redundant_when +
        "\n");
  std::printf("  target  confidence  threshold  skipped in calibration\n");
  for (const pipeline::OperatingPoint& point : skip.operating_points) {
    const bool chosen = point.target == default_target;
    std::printf("  %5.1f %%    %6.1f %%   %8.4f  %6.1f %%%s\n", 100 * static_cast<double>(point.target),
                100 * static_cast<double>(point.confidence), static_cast<double>(point.threshold),
                100 * static_cast<double>(point.filter_rate), chosen ? "  (default)" : "");
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
    print("the other inputs go '" + route.kind + "'" +
          (route.otherwise.empty() ? "" : ", else '" + route.otherwise + "'") + "\n");
  }
  for (const std::string& section : manifest.ignored) print("'" + section + "' is unknown to this build and ignored\n");
}

}  // namespace

void InspectCommand::declare(CLI::App& app) {
  app.add_option("what", path_, "ONNX file, bundle folder or bundle name")->required()->type_name("MODEL|BUNDLE");
  app.footer(kExamples);
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
  print(manifest->name + " " + manifest->version + (manifest->description.empty() ? "" : ": " + manifest->description) +
        "\n");
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
  if (const auto* skip = manifest->find_question<questions::SkipSpec>()) print_skip(*skip, manifest->default_target);
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
