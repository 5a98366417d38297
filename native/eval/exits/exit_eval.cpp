#include "native/eval/exits/exit_eval.hpp"

#include <algorithm>

#include "native/bundle/class_names.hpp"
#include "native/eval/exits/exit_report.hpp"
#include "native/eval/progress_line.hpp"
#include "native/eval/split/test_pictures.hpp"

namespace sluice::eval {
namespace {

constexpr std::size_t kTimedPictures = 200;

}  // namespace

Result<void> run_exit_eval(const EvalOptions& options, const std::filesystem::path& folder,
                           const bundle::Bundle& bundle, std::FILE* out, std::FILE* log) {
  const pipeline::Manifest& manifest = bundle.manifest;
  if (options.stream || !options.baselines.empty() || !options.plot.empty()) {
    return fail(
        ErrorCode::kInvalidArgument,
        {"'", manifest.name, "' has early exits, which are measured on labelled pictures: --stream, --baselines and ",
         "--plot have no meaning for it"});
  }
  const auto* image = std::get_if<input::ImageSpec>(&manifest.model.input);
  if (image == nullptr) return fail(ErrorCode::kInvalidArgument, {"'", manifest.name, "' takes no pictures"});
  const auto class_names = bundle::read_class_names(folder);
  if (!class_names) return fail(class_names.error());
  const auto pictures = read_test_pictures(options.data, *image, *class_names);
  if (!pictures) return fail(pictures.error());
  const auto measured = measure_exits(bundle, pictures->test, pictures->labelled, std::max(1U, options.every),
                                      ProgressLine(log, "exits"));
  if (!measured) return fail(measured.error());
  ExitReport report;
  report.bundle = manifest.name + " " + manifest.version;
  report.data = pictures->data;
  report.labelled = pictures->labelled;
  report.places = manifest.exits->places;
  report.target = options.target;
  for (const pipeline::ExitPoint& point : manifest.exits->points) {
    if (!report.chosen && point.target >= static_cast<float>(options.target)) report.chosen = report.points.size();
    report.points.push_back(
        {point.target, replay(measured->profile, measured->costs,
                              to_profile(manifest.exits->rule, point.thresholds, measured->classes))});
  }
  if (report.chosen) {
    const auto times =
        time_exits(bundle, pictures->test, manifest.exits->points[*report.chosen].thresholds, kTimedPictures);
    if (!times) return fail(times.error());
    report.times = *times;
  }
  std::fputs(exit_table(*measured, report).c_str(), out);
  if (options.json) std::fprintf(out, "%s\n", exit_json(*measured, report).c_str());
  return {};
}

}  // namespace sluice::eval
