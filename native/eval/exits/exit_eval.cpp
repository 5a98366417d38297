#include "native/eval/exits/exit_eval.hpp"

#include <algorithm>
#include <iterator>

#include "core/model/model.hpp"
#include "native/bundle/class_names.hpp"
#include "native/eval/at_target.hpp"
#include "native/eval/exits/cut_eval.hpp"
#include "native/eval/exits/exit_comparison.hpp"
#include "native/eval/exits/exit_family.hpp"
#include "native/eval/exits/exit_json.hpp"
#include "native/eval/exits/wasm_times.hpp"
#include "native/eval/progress_line.hpp"
#include "native/eval/split/test_pictures.hpp"
#include "native/bundle/text_file.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

constexpr double kPromiseConfidence = 0.95;  // as fit's by default

// What was measured of other systems on the same backbone: what is named, or what lies in the tree for the bundle's family. None beside a part
// of the pictures, since they were measured on all.
Result<std::vector<ExitSystemPoint>> find_others(const EvalOptions& options, const std::string& family) {
  if (options.every > 1) return std::vector<ExitSystemPoint>{};
  if (!options.baselines.empty()) return read_all_exit_points(options.baselines);
  const fs::path folder = fs::path("bundles") / (family + "-baselines");
  if (!fs::is_directory(folder)) return std::vector<ExitSystemPoint>{};
  return read_all_exit_points(folder);
}

// What our engine holds of both parts.
Result<double> weights_of(const bundle::Bundle& bundle) {
  double bytes = 0;
  model::LoadOptions loading;
  loading.operators = model::all_operators();
  loading.batch = 1;
  for (const std::string& part : {bundle.manifest.model.part, bundle.manifest.exits->part}) {
    const auto loaded = model::Model::load(bundle.part(part), loading);
    if (!loaded) return fail(loaded.error());
    bytes += static_cast<double>(loaded->stats().weight_bytes);
  }
  return bytes;
}

Result<void> check_exit_options(const EvalOptions& options) {
  if (options.stream) {
    return fail(ErrorCode::kInvalidArgument,
                "early exits are measured on labelled pictures: --stream has no meaning for them");
  }
  return options.plot.empty() ? Result<void>() : bundle::check_writable(options.plot);
}

Result<EvaluatedExits> evaluate_exits(const EvalOptions& options, const fs::path& folder, const bundle::Bundle& bundle,
                                      const FamilyName& name, std::FILE* log) {
  const pipeline::Manifest& manifest = bundle.manifest;
  auto others = find_others(options, name.family);
  if (!others) return fail(others.error());
  const auto* image = std::get_if<input::ImageSpec>(&manifest.model.input);
  if (image == nullptr) return fail(ErrorCode::kInvalidArgument, {"'", manifest.name, "' takes no pictures"});
  const auto class_names = bundle::read_class_names(folder);
  if (!class_names) return fail(class_names.error());
  const auto pictures = read_test_pictures(options.data, *image, *class_names);
  if (!pictures) return fail(pictures.error());
  auto measured = measure_exits(bundle, pictures->test, pictures->labelled, std::max(1U, options.every),
                                ProgressLine(log, "exits"));
  if (!measured) return fail(measured.error());
  ExitReport report;
  report.bundle = manifest.name + " " + manifest.version;
  report.data = pictures->data;
  report.labelled = pictures->labelled;
  report.places = manifest.exits->places;
  report.target = target_of(options, manifest);
  report.every = std::max(1U, options.every);
  report.backbone = name.member;
  report.others = *std::move(others);
  for (const pipeline::ExitPoint& point : manifest.exits->points) {
    if (!report.chosen && point.target >= static_cast<float>(report.target)) report.chosen = report.points.size();
    report.points.push_back(
        {as_written(point.target), replay(measured->profile, measured->costs,
                                          to_profile(manifest.exits->rule, point.thresholds, measured->classes))});
  }
  std::vector<double> targets;
  for (const ExitsAtTarget& point : report.points) targets.push_back(point.target);
  report.promises = resample_exit_promise(measured->profile, measured->costs, targets, kPromiseConfidence);
  if (options.drift) {
    auto drift = measure_drift(bundle, pictures->test, pictures->labelled, report.target, std::max(1U, options.every),
                               ProgressLine(log, "drifted pictures"));
    if (!drift) return fail(drift.error());
    report.drift = *std::move(drift);
  }
  const auto weights = weights_of(bundle);
  if (!weights) return fail(weights.error());
  report.weights_bytes = *weights;
  const LabelledPictures timed = spread_pictures(pictures->test, kTimedPictures);
  if (manifest.exits->cut) {
    const auto times = time_with_cut(bundle, timed);
    if (!times) return fail(times.error());
    report.times = times->exits;
    auto cut = evaluate_cut(options, bundle, *pictures, *measured, times->cut, ProgressLine(log, "the cut"));
    if (!cut) return fail(cut.error());
    report.cut = *std::move(cut);
  } else {
    const auto times = time_exits(manifest, bundle.part(manifest.model.part), bundle.part(manifest.exits->part), timed);
    if (!times) return fail(times.error());
    report.times = *times;
  }
  const auto wasm = time_exits_in_wasm(options.wasm_program, folder, timed, log);
  if (!wasm) return fail(wasm.error());
  if (*wasm && (*wasm)->points_ms.size() != report.points.size()) {
    return fail(ErrorCode::kExecutionFailed, {options.wasm_program.string(), " timed ", (*wasm)->points_ms.size(),
                                              " points of ", report.points.size()});
  }
  report.wasm_times = *wasm;
  return EvaluatedExits{*std::move(measured), std::move(report)};
}

void print_exits(const EvaluatedExits& one, std::FILE* out) {
  std::fputs(exit_table(one.measured, one.report).c_str(), out);
  if (one.report.cut) std::fputs(cut_table(*one.report.cut).c_str(), out);
  std::fputs(comparison_table(one.measured, one.report).c_str(), out);
  const auto model = static_cast<double>(one.measured.costs.model());
  std::fputs(exit_promise_table(one.report.promises, kPromiseConfidence, model).c_str(), out);
  if (!one.report.drift.empty()) std::fputs(drift_table(one.report.drift, one.report.target, model).c_str(), out);
}

Result<void> plot_exits(const EvalOptions& options, const std::vector<EvaluatedExits>& all) {
  if (options.plot.empty()) return {};
  std::vector<ExitPanel> panels;
  for (const EvaluatedExits& one : all) {
    std::ranges::move(exit_panels(one.measured, one.report), std::back_inserter(panels));
  }
  return bundle::write_text_file(options.plot, exit_plot(panels));
}

}  // namespace

Result<void> run_exit_eval(const EvalOptions& options, const fs::path& folder, const bundle::Bundle& bundle,
                           std::FILE* out, std::FILE* log) {
  if (auto checked = check_exit_options(options); !checked) return checked;
  auto one = evaluate_exits(options, folder, bundle, family_of(bundle.manifest.name), log);
  if (!one) return fail(one.error());
  std::vector<EvaluatedExits> all;
  all.push_back(*std::move(one));
  print_exits(all.front(), out);
  if (auto plotted = plot_exits(options, all); !plotted) return plotted;
  if (options.json) std::fprintf(out, "%s\n", exit_json(all.front()).c_str());
  return {};
}

Result<void> run_exit_family_eval(const EvalOptions& options, const std::string& family,
                                  std::span<const fs::path> folders, std::FILE* out, std::FILE* log) {
  if (auto checked = check_exit_options(options); !checked) return checked;
  std::vector<EvaluatedExits> all;
  for (const fs::path& folder : folders) {
    const auto bundle = bundle::read_bundle(folder);
    if (!bundle) return fail(bundle.error());
    auto one = evaluate_exits(options, folder, *bundle, family_of(folder.filename().string()), log);
    if (!one) return fail(one.error());
    if (!all.empty()) std::fputs("\n", out);
    all.push_back(*std::move(one));
    print_exits(all.back(), out);
  }
  if (auto plotted = plot_exits(options, all); !plotted) return plotted;
  if (options.json) std::fprintf(out, "%s\n", exit_family_json(family, all).c_str());
  return {};
}

}  // namespace sluice::eval
