#include "native/cli/inspect_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>
#include <span>

#include "core/output/redundancy.hpp"
#include "core/pipeline/chosen_points.hpp"
#include "core/pipeline/full_model.hpp"
#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/class_names.hpp"
#include "native/cli/batching_trial.hpp"
#include "native/cli/bundle_search.hpp"
#include "native/cli/exit_inspection.hpp"
#include "native/cli/model_inspection.hpp"
#include "native/cli/printable.hpp"
#include "native/cli/split_inspection.hpp"

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

std::string agreement_text(const output::AgreementSpec& agreement) {
  if (agreement.rule == "boxes") return join_text({"boxes, each overlapping its partner by ", agreement.iou});
  if (agreement.rule == "numbers") return join_text({"numbers, at most ", agreement.tolerance, " apart"});
  return agreement.rule;
}

std::string title_of(const questions::SkipSpec& skip) {
  return "skip: part '" + skip.part + "', " + input_text(skip.input) + ", redundant when " +
         printable(skip.redundant_when);
}

std::string title_of(const questions::ReuseSpec& reuse) {
  return join_text(
      {"reuse: part '", reuse.part, "', output '", printable(reuse.output), "', up to ", reuse.max_entries,
       " answers for ", reuse.max_age_ms / 1000, " s, ",
       reuse.shared ? "shared among a server's clients unless one of them forbids it" : "each client's its own"});
}

// `chosen`: what the question takes at the bundle's own target.
void print_points(const std::string& title, std::span<const pipeline::OperatingPoint> points,
                  const pipeline::ChosenPoint& chosen) {
  print(title + "\n");
  std::printf("  target  confidence  threshold  answered in calibration\n");
  for (const pipeline::OperatingPoint& point : points) {
    const bool taken = chosen.error > 0 && 1 - point.target == chosen.error;
    std::printf("  %5.1f %%    %6.1f %%   %8.4f  %6.1f %%%s\n", 100 * static_cast<double>(point.target),
                100 * static_cast<double>(point.confidence), static_cast<double>(point.threshold),
                100 * static_cast<double>(point.filter_rate), taken ? "  (taken by default)" : "");
  }
}

void print_questions(const pipeline::Manifest& manifest) {
  const auto chosen = pipeline::chosen_points(manifest, manifest.default_target);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const pipeline::QuestionSpec* spec = manifest.questions[i].spec.get();
    if (const auto* skip = dynamic_cast<const questions::SkipSpec*>(spec))
      print_points(title_of(*skip), skip->points(), chosen[i]);
    if (const auto* reuse = dynamic_cast<const questions::ReuseSpec*>(spec))
      print_points(title_of(*reuse), reuse->points(), chosen[i]);
  }
  if (!chosen.empty() && pipeline::answers_nothing(manifest, manifest.default_target)) {
    print(join_text({"no threshold is strict enough for the default target of ", 100 * manifest.default_target,
                     " %: every input goes to the full model\n"}));
  }
}

// Other forms of the model, and what was measured of them.
void print_variants(const pipeline::Manifest& manifest) {
  for (const pipeline::ModelVariant& variant : manifest.variants) {
    std::string line = join_text({"variant '", variant.name, "': part '", variant.part, "', "});
    if (variant.agreement > 0) append_text(line, {"agrees with the model on ", 100 * variant.agreement, " % at least"});
    else line += "whose agreement was not measured: it answers nobody";
    for (const pipeline::MeasuredProfile& profile : variant.profile) {
      append_text(line, {"; ", profile.ms, " ms and ", profile.bytes, " bytes on ", profile.device});
    }
    print(line + "\n");
  }
}

// What the bundle asks, by which way the other inputs go, and what this build passes over.
void print_behaviour(const pipeline::Manifest& manifest) {
  print(join_text({"answers may differ from the full model's for ", 100 * (1 - manifest.default_target),
                   " % of all inputs, unless another target is asked for\n"}));
  if (manifest.questions.empty()) {
    print(manifest.split
              ? "asks no question: every input goes to the two halves, as far as the target lets them answer\n"
              : "asks no question: every input goes to the full model\n");
  }
  if (manifest.exits) {
    print("where the full model runs on the client, it stops at the first exit that is sure enough for the target\n");
    if (manifest.exits->cut)
      print("where a server is there, it goes on from a cut with what no exit before is sure of\n");
  }
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
  print("two results agree by: " + agreement_text(manifest.agree_when) + "\n");
  const pipeline::BatchSpec& batching = manifest.batching;
  if (batching.max_batch > 1) {
    print(join_text({"a server may run up to ", batching.max_batch, " inputs at once, along the axis ", batching.axis,
                     ", and let one wait ", batching.max_delay_us, " us for company\n"}));
  }
  for (const std::string& section : manifest.ignored)
    print("'" + printable(section) + "' is unknown to this build and ignored\n");
}

// What labels recordings for `sluice fit` and `eval`. A result that is no detections has a sentence there.
Result<void> check_rules(const pipeline::Manifest& manifest) {
  if (!output::gives_detections(manifest.model.output)) return {};
  for (const pipeline::AskedQuestion& question : manifest.questions) {
    const auto* skip = dynamic_cast<const questions::SkipSpec*>(question.spec.get());
    if (skip == nullptr) continue;
    if (auto rule = output::RedundancyRule::parse(skip->redundant_when); !rule)
      return fail(ErrorCode::kMalformedManifest, {"redundant_when: ", rule.error().message});
  }
  return {};
}

// Loads what opening the bundle loads, with the same errors. A full model that our runner lacks an operator for is none: the
// engine of a server may have it.
Result<void> load_all(const bundle::Bundle& bundle) {
  const auto questions = pipeline::make_questions(bundle.manifest, bundle.part_bytes(), run::full_loading());
  if (!questions) return fail(questions.error());
  auto model = pipeline::load_full_model(bundle.manifest, bundle.part(bundle.manifest.model.part), run::full_loading());
  if (model) {
    print("the questions' networks and the full model load here\n");
    if (bundle.manifest.batching.max_batch == 1) return {};
    return try_two_inputs(bundle.manifest.batching, *model);
  }
  const ErrorCode why = model.error().code;
  if (why != ErrorCode::kUnsupportedOperator && why != ErrorCode::kUnsupportedOpset &&
      why != ErrorCode::kUnsupportedType)
    return fail(model.error());
  print("the questions' networks load here; the full model needs a server: " + printable(describe(model.error())) +
        "\n");
  return {};
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
  bundle::Bundle bundle{*manifest, {}};
  for (const pipeline::Part& part : manifest->parts) {
    const std::string names[] = {part.name};
    auto read = bundle::read_bundle(folder, names);
    std::printf("  %-10s %-24s %10llu bytes  %s\n", part.name.c_str(), part.file.c_str(),
                static_cast<unsigned long long>(part.bytes), read ? "size and SHA-256 as stated" : "NOT AS STATED");
    if (read) bundle.parts.merge(read->parts);
    else exit_code = complain(read.error());
  }
  print("full model: part '" + manifest->model.part + "', " + input_text(manifest->model.input) + ", decoder '" +
        manifest->model.output.decoder + "'\n");
  print_variants(*manifest);
  print_behaviour(*manifest);
  print_questions(*manifest);
  if (auto ok = check_rules(*manifest); !ok) exit_code = complain(ok.error());
  if (auto names = bundle::read_class_names(folder); !names) exit_code = complain(names.error());
  if (exit_code == kDone) {
    if (auto loaded = load_all(bundle); !loaded) exit_code = complain(loaded.error());
    if (manifest->split) {
      const auto halves = describe_halves(bundle, folder);
      if (halves) print(*halves);
      else exit_code = complain(halves.error());
    }
    if (manifest->exits) {
      const auto exits = describe_exits(bundle);
      if (exits) print(*exits);
      else exit_code = complain(exits.error());
    }
  }
  for (const pipeline::Part& part : manifest->parts) {
    const Bytes bytes = bundle.part(part.name);
    if (bytes.empty() || !part.file.ends_with(".onnx")) continue;
    const auto inspection = inspect_model(bytes);
    print("\npart '" + part.name + "': ");
    if (!inspection) {
      exit_code = complain(inspection.error());
      continue;
    }
    print(describe_model(*inspection));
  }
  return exit_code;
}

}  // namespace sluice::cli
