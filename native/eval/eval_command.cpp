#include "native/eval/eval_command.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/plot.hpp"
#include "native/eval/report.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

fs::path footage() {
  const char* deps = std::getenv("SLUICE_DEPS");
  return fs::path(deps != nullptr && *deps != '\0' ? deps : ".deps") / "footage";
}

Result<pipeline::OperatingPoint> choose_point(const pipeline::Manifest& manifest, double target) {
  const auto* skip = manifest.find_question<questions::SkipSpec>();
  if (skip == nullptr)
    return fail(ErrorCode::kInvalidArgument, "the bundle '" + manifest.name + "' has no skip filter to evaluate");
  const auto& points = skip->operating_points;
  const auto found = std::find_if(points.begin(), points.end(), [&](const auto& point) {
    return static_cast<double>(point.target) >= target - 1e-6;
  });
  if (found == points.end()) {
    return fail(ErrorCode::kNotFound,
                "no operating point of the bundle '" + manifest.name + "' reaches " + std::to_string(target));
  }
  return *found;
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
  const auto point = choose_point(bundle->manifest, options.target);
  if (!point) return fail(point.error());
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
  const ReportSubject subject{bundle->manifest.name + " " + bundle->manifest.version, what, *point, options.target};
  std::fputs(table(*measurement, subject).c_str(), out);
  if (!options.plot.empty()) {
    const auto svg =
        promise_plot(*measurement, subject, bundle->manifest.find_question<questions::SkipSpec>()->operating_points);
    if (auto written = write_file(options.plot, svg); !written) return written;
  }
  if (options.json) std::fprintf(out, "%s\n", json_line(*measurement, subject).c_str());
  return {};
}

}  // namespace sluice::eval
