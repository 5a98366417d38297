#include "native/eval/eval_command.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/eval/baseline_file.hpp"
#include "native/eval/plot.hpp"
#include "native/eval/report.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

fs::path footage() {
  const char* deps = std::getenv("SLUICE_DEPS");
  return fs::path(deps != nullptr && *deps != '\0' ? deps : ".deps") / "footage";
}

// Where the baselines' settings are kept: with the bundle, or with what it was made from.
Result<std::vector<BaselineSettings>> find_baselines(const EvalOptions& options, const fs::path& folder) {
  if (!options.baselines.empty()) return read_baselines(options.baselines);
  for (const fs::path& file : {folder / kBaselineFile, fs::path("bundles") / options.name / kBaselineFile}) {
    if (fs::exists(file)) return read_baselines(file);
  }
  return std::vector<BaselineSettings>{};
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::kInvalidArgument, path.string() + " cannot be written");
  return {};
}

}  // namespace

Result<void> run_eval(const EvalOptions& options, std::FILE* out, std::FILE* log) {
  const fs::path folder = options.bundle.empty() ? fs::path("build/bundles") / options.name : options.bundle;
  const fs::path data = !options.data.empty() ? options.data
                        : options.stream      ? footage() / "stream.mp4"
                                              : footage() / "test";
  if (!fs::exists(folder / "manifest.json")) {
    return fail(ErrorCode::kNotFound,
                folder.string() + " holds no bundle: build the target 'bundles' or name one with --bundle");
  }
  if (!fs::exists(data)) {
    return fail(ErrorCode::kNotFound,
                data.string() + " is not there: run the set-up (cmake/setup/footage.sh) or name footage with --data");
  }
  const auto bundle = bundle::read_bundle(folder);
  if (!bundle) return fail(bundle.error());
  const auto& manifest = bundle->manifest;
  const auto* skip = manifest.find_question<questions::SkipSpec>();
  if (skip == nullptr)
    return fail(ErrorCode::kInvalidArgument, "the bundle '" + manifest.name + "' has no skip filter to evaluate");
  const auto* reuse = manifest.find_question<questions::ReuseSpec>();
  const AtTarget setting = thresholds_at(manifest, options.target);
  if (setting.skip.threshold <= 0 && setting.reuse.threshold <= 0) {
    return fail(ErrorCode::kNotFound, {"no operating point of the bundle '", manifest.name,
                                       "' is within what a target of ", options.target, " leaves its questions"});
  }
  const auto settings = find_baselines(options, folder);
  if (!settings) return fail(settings.error());
  const auto clips = find_clips(data);
  if (!clips) return fail(clips.error());
  if (!options.plot.empty()) {  // before the minutes that measuring takes
    if (auto writable = write_file(options.plot, ""); !writable) return writable;
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
  auto scores = scores_at(*measurement, manifest, setting);
  if (!scores) return fail(scores.error());
  ReportSubject subject{manifest.name + " " + manifest.version,
                        what,
                        setting,
                        reuse != nullptr,
                        static_cast<double>(skip->operating_points.front().confidence),
                        std::move(*scores),
                        {}};
  const auto calibrated = std::find_if(settings->begin(), settings->end(), [&](const BaselineSettings& known) {
    return known.target >= options.target - 1e-6;
  });
  if (calibrated != settings->end()) subject.calibrated = baselines_at(*measurement, *calibrated);
  std::fputs(table(*measurement, subject).c_str(), out);
  if (!options.plot.empty()) {
    std::vector<PlottedTarget> plotted;
    for (const double target : calibrated_targets(manifest)) {
      const auto clips_at = scores_at(*measurement, manifest, thresholds_at(manifest, target));
      if (!clips_at) return fail(clips_at.error());
      plotted.push_back({target, sum_of(*clips_at)});
    }
    if (auto written = write_file(options.plot, promise_plot(subject, plotted)); !written) return written;
  }
  if (options.json) std::fprintf(out, "%s\n", json_line(*measurement, subject).c_str());
  return {};
}

}  // namespace sluice::eval
