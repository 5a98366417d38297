#include "native/eval/exits/cut_eval.hpp"

#include <algorithm>

#include "native/eval/at_target.hpp"

namespace sluice::eval {
namespace {

// The first that promises it.
std::optional<std::size_t> point_for(std::span<const pipeline::ExitPoint> points, double target) {
  const auto found = std::ranges::find_if(
      points, [&](const pipeline::ExitPoint& one) { return one.target >= static_cast<float>(target); });
  return found == points.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - points.begin()));
}

std::uint32_t pixel_bytes(const LabelledPictures& pictures) { return 3 * pictures.width * pictures.height; }

}  // namespace

Result<CutReport> evaluate_cut(const EvalOptions& options, const bundle::Bundle& bundle, const TestPictures& pictures,
                               const ExitMeasurement& on_device, const CutTimes& times, const SplitProgress& progress) {
  const pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  const pipeline::ExitCutSpec& cut = *spec.cut;
  const CodedPlace coded{cut.place, bundle.part(cut.coding), cut.values};
  const std::uint32_t every = std::max(1U, options.every);
  const auto measured = measure_cut(bundle, coded, pictures.test, pictures.labelled, every, progress);
  if (!measured) return fail(measured.error());
  const auto sent = measure_sent_pictures(bundle, pictures.test, pictures.labelled, every, measured->full, progress);
  if (!sent) return fail(sent.error());
  const JourneyCosts costs{on_device.costs, times};
  const double target = target_of(options, bundle.manifest);
  CutReport report;
  report.tensor = spec.places[cut.place].tensor;
  report.slowdown = options.device_slowdown;
  report.jpeg_quality = sent_jpeg_quality(bundle.manifest);
  report.model_macs = static_cast<double>(costs.macs.model());
  for (const pipeline::ExitPoint& point : cut.points) {
    const auto thresholds = to_profile(spec.rule, point.thresholds, on_device.classes);
    report.with_exits.push_back(
        {as_written(point.target),
         figures_of(journeys_by_cut(*measured, cut.place, costs, thresholds), report.slowdown)});
  }
  for (const pipeline::ExitPoint& point : spec.points) {
    const auto thresholds = to_profile(spec.rule, point.thresholds, on_device.classes);
    report.exits_alone.push_back(
        {as_written(point.target),
         figures_of(journeys_on_device(on_device.profile, costs, thresholds), report.slowdown)});
  }
  report.split_alone = figures_of(journeys_by_cut(*measured, cut.place, costs, std::nullopt), report.slowdown);
  report.picture = figures_of(journeys_of_pictures(*sent, costs), report.slowdown);
  report.rgb = figures_of(journeys_of_pixels(on_device.profile, pixel_bytes(pictures.test), costs), report.slowdown);
  report.lossless = bundle.manifest.model.payload.lossless;
  report.chosen = point_for(cut.points, target);
  report.alone_chosen = point_for(spec.points, target);
  report.times = costs.times;
  for (std::size_t stage = 0; stage <= cut.place; ++stage) report.device_ms += costs.times.stages_ms[stage];
  report.device_ms += costs.times.code_ms;
  return report;
}

}  // namespace sluice::eval
