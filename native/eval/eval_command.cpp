#include "native/eval/eval_command.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "native/bundle/bundle_folder.hpp"
#include "native/eval/at_target.hpp"
#include "native/eval/baseline_file.hpp"
#include "native/eval/plot.hpp"
#include "native/eval/report.hpp"
#include "native/eval/exits/exit_eval.hpp"
#include "native/eval/exits/exit_family.hpp"
#include "native/eval/live/live_eval.hpp"
#include "native/eval/split/split_eval.hpp"
#include "native/bundle/text_file.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

fs::path footage() {
  const char* deps = std::getenv("SLUICE_DEPS");
  return fs::path(deps != nullptr && *deps != '\0' ? deps : ".deps") / "footage";
}

struct KnownBaselines {
  std::optional<BaselineSettings> settings;
  std::string why_not;
};

// Of the settings in the file those for the target, or else the next stricter ones.
Result<KnownBaselines> baselines_from(const fs::path& file, double target) {
  const auto all = read_baselines(file);
  if (!all) return fail(all.error());
  for (const BaselineSettings& known : *all) {
    if (known.target >= target - 1e-6) return KnownBaselines{known, {}};
  }
  return KnownBaselines{std::nullopt, join_text({file.string(), " has none for a target of ", target})};
}

// The baselines' settings are kept with the bundle, or with what it was made from.
Result<KnownBaselines> find_baselines(const EvalOptions& options, const fs::path& folder, double target) {
  if (!options.baselines.empty()) return baselines_from(options.baselines, target);
  const fs::path source = fs::path("bundles") / options.name;
  for (const fs::path& place : {folder, source}) {
    if (fs::exists(place / kBaselineFile)) return baselines_from(place / kBaselineFile, target);
  }
  return KnownBaselines{std::nullopt, join_text({"there is no ", kBaselineFile, " in ", folder.string(), " or ",
                                                 source.string(), "; name one with --baselines"})};
}

// What the evaluation knows how to read, label and compare.
Result<void> check_kind(const pipeline::Manifest& manifest) {
  const auto modality = input::modality_of(manifest.model.input);
  if (modality == input::Modality::kImage && output::gives_detections(manifest.model.output)) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      {"the bundle '", manifest.name, "' is about inputs of the kind '", input::modality_name(modality),
       "', with the decoder '", manifest.model.output.decoder,
       "'; eval measures bundles about pictures (the kind 'image') whose results are detections (a decoder other than "
       "'none')"});
}

}  // namespace

double target_of(const EvalOptions& options, const pipeline::Manifest& manifest) {
  return options.target.value_or(as_written(manifest.default_target));
}

Result<void> run_eval(const EvalOptions& options, std::FILE* out, std::FILE* log) {
  const fs::path folder = options.bundle.empty() ? fs::path("build/bundles") / options.name : options.bundle;
  const fs::path data = !options.data.empty() ? options.data
                        : options.stream      ? footage() / "stream.mp4"
                                              : footage() / "test";
  if (const auto family = find_family(folder); !family.empty()) {
    return run_exit_family_eval(options, folder.filename().string(), family, out, log);
  }
  if (!fs::exists(folder / "manifest.json")) {
    return fail(ErrorCode::kNotFound,
                folder.string() + " holds no bundle: build the target 'bundles' or name one with --bundle");
  }
  const auto bundle = bundle::read_bundle(folder);
  if (!bundle) return fail(bundle.error());
  const auto& manifest = bundle->manifest;
  if (manifest.split) return run_split_eval(options, folder, *bundle, out, log);
  if (manifest.exits) return run_exit_eval(options, folder, *bundle, out, log);
  if (auto known = check_kind(manifest); !known) return known;
  if (!fs::exists(data)) {
    return fail(ErrorCode::kNotFound,
                data.string() + " is not there: run the set-up (cmake/setup/footage.sh) or name footage with --data");
  }
  const auto* skip = manifest.find_question<questions::SkipSpec>();
  if (skip == nullptr)
    return fail(ErrorCode::kInvalidArgument, "the bundle '" + manifest.name + "' has no skip filter to evaluate");
  const auto* reuse = manifest.find_question<questions::ReuseSpec>();
  const AtTarget setting = thresholds_at(manifest, target_of(options, manifest));
  if (setting.skip.threshold <= 0 && setting.reuse.threshold <= 0) {
    return fail(ErrorCode::kNotFound, {"no operating point of the bundle '", manifest.name,
                                       "' is within what a target of ", setting.target, " leaves its questions"});
  }
  const auto baselines = find_baselines(options, folder, setting.target);
  if (!baselines) return fail(baselines.error());
  const auto clips = find_clips(data);
  if (!clips) return fail(clips.error());
  if (!options.plot.empty()) {  // before the minutes that measuring takes
    if (auto writable = bundle::check_writable(options.plot); !writable) return writable;
  }
  const auto measurement = measure(*bundle, *clips, std::max(1U, options.every),
                                   [&](std::size_t done, std::size_t of, const std::string& name) {
                                     if (log != nullptr)
                                       std::fprintf(log, "%zu of %zu clips: %s\n", done, of, name.c_str());
                                   });
  if (!measurement) return fail(measurement.error());
  const std::string what = options.stream         ? "the sample stream"
                           : options.data.empty() ? "the test split"
                                                  : data.string();
  if (options.live) return run_live_eval(options, *bundle, *measurement, what, out);
  auto scores = scores_at(*measurement, manifest, setting);
  if (!scores) return fail(scores.error());
  ReportSubject subject{manifest.name + " " + manifest.version,
                        what,
                        setting,
                        reuse != nullptr,
                        static_cast<double>(skip->operating_points.front().confidence),
                        std::move(*scores),
                        {},
                        baselines->why_not};
  if (baselines->settings) subject.calibrated = baselines_at(*measurement, *baselines->settings);
  std::fputs(table(*measurement, subject).c_str(), out);
  if (!options.plot.empty()) {
    std::vector<PlottedTarget> plotted;
    for (const double target : calibrated_targets(manifest)) {
      const auto clips_at = scores_at(*measurement, manifest, thresholds_at(manifest, target));
      if (!clips_at) return fail(clips_at.error());
      plotted.push_back({target, sum_of(*clips_at)});
    }
    if (auto written = bundle::write_text_file(options.plot, promise_plot(subject, plotted)); !written) return written;
  }
  if (options.json) std::fprintf(out, "%s\n", json_line(*measurement, subject).c_str());
  return {};
}

}  // namespace sluice::eval
