#include "native/eval/split/split_eval.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/split/device_half.hpp"
#include "native/bundle/class_names.hpp"
#include "native/eval/progress_line.hpp"
#include "native/eval/split/deepcod.hpp"
#include "native/eval/split/split_latency.hpp"
#include "native/eval/split/split_plot.hpp"
#include "native/eval/split/split_report.hpp"
#include "native/eval/split/system_points.hpp"
#include "native/eval/split/test_pictures.hpp"
#include "native/bundle/text_file.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

// Of DeepCOD, where its networks lie beside the bundle, and there are pictures to learn its coder's tables from.
Result<std::optional<CodecCurve>> find_deepcod_curve(const fs::path& bundle_folder, const bundle::Bundle& bundle,
                                                     const TestPictures& pictures, std::uint32_t every,
                                                     std::FILE* log) {
  const auto folder = find_deepcod(bundle.manifest.name, bundle_folder);
  if (!folder || !pictures.training) return std::nullopt;
  const auto points =
      measure_deepcod(*folder, bundle, *pictures.training, pictures.test, every, ProgressLine(log, "DeepCOD"));
  if (!points) return fail(points.error());
  return deepcod_curve(*points);
}

// So that what is right is what the full model says.
void label_by_full_model(SplitMeasurement& measured, std::uint32_t every, LabelledPictures& pictures) {
  for (std::size_t i = 0; i < measured.pictures.size(); ++i) {
    SplitRecord& record = measured.pictures[i];
    record.label = pictures.labels[i * every] = record.full;
  }
}

constexpr std::array<double, 4> kPromisedTargets = {0.7, 0.8, 0.85, 0.9};

// The bundle's own points, and everybody else's.
std::vector<SystemPoint> all_points(const SplitMeasurement& measured, const SplitSubject& subject,
                                    const std::vector<SystemPoint>& others) {
  std::vector<SystemPoint> points = own_points(measured, subject.coders, subject.costs.multiply_adds);
  for (SystemPoint& one : codec_points(measured, subject.codecs)) points.push_back(std::move(one));
  points.insert(points.end(), others.begin(), others.end());
  return points;
}

// What the table of latencies has of them: another coder of our own only for whole payloads.
std::vector<SystemPoint> points_for_latency(const std::vector<SystemPoint>& points, const SplitMeasurement& measured) {
  const std::string whole = channels_text(measured.cuts.back());
  std::vector<SystemPoint> chosen;
  std::ranges::copy_if(points, std::back_inserter(chosen), [&](const SystemPoint& one) {
    return one.system != kOwnSystem || one.coder == kShippedCoder || one.variant == whole;
  });
  return chosen;
}

}  // namespace

Result<void> run_split_eval(const EvalOptions& options, const fs::path& folder, const bundle::Bundle& bundle,
                            std::FILE* out, std::FILE* log) {
  const pipeline::Manifest& manifest = bundle.manifest;
  if (options.stream) {
    return fail(ErrorCode::kInvalidArgument, {"'", manifest.name, "' is a model in two halves, which is measured on ",
                                              "labelled pictures: --stream has no meaning for it"});
  }
  std::vector<SystemPoint> others;
  if (!options.baselines.empty()) {
    auto read = read_system_points(options.baselines);
    if (!read) return fail(read.error());
    others = *std::move(read);
  }
  const auto* image = std::get_if<input::ImageSpec>(&manifest.model.input);
  if (image == nullptr) return fail(ErrorCode::kInvalidArgument, {"'", manifest.name, "' takes no pictures"});
  const auto unit = split::read_unit(bundle.part(manifest.split->device));
  if (!unit) return fail(unit.error());
  // A label is what a subfolder's name is among the classes: with more or fewer of them than answers it would be another answer's.
  const auto class_names = bundle::read_class_names(folder, unit->classes);
  if (!class_names) return fail(class_names.error());
  auto pictures = read_test_pictures(options.data, *image, *class_names);
  if (!pictures) return fail(pictures.error());
  const LabelledPictures* const training = pictures->training ? &*pictures->training : nullptr;
  if (!options.plot.empty()) {  // before the minutes that measuring takes
    if (auto writable = bundle::check_writable(options.plot); !writable) return writable;
  }
  std::vector<std::uint32_t> cuts;
  for (const pipeline::SplitPoint& point : manifest.split->points) cuts.push_back(point.channels);
  const std::uint32_t every = std::max(1U, options.every);
  auto measured = measure_split(bundle, pictures->test, cuts, every, ProgressLine(log, "halves"));
  if (!measured) return fail(measured.error());
  if (!pictures->labelled) label_by_full_model(*measured, every, pictures->test);
  auto coders = measure_coders(bundle, training, pictures->test, measured->cuts, every, ProgressLine(log, "coders"));
  if (!coders) return fail(coders.error());
  auto codecs = measure_codecs(bundle, pictures->test, every, ProgressLine(log, "codecs"));
  if (!codecs) return fail(codecs.error());
  auto deepcod = find_deepcod_curve(folder, bundle, *pictures, every, log);
  if (!deepcod) return fail(deepcod.error());
  const SplitSubject subject{manifest.name + " " + manifest.version,
                             pictures->data,
                             manifest.split->points,
                             target_of(options, manifest),
                             split::costs_of(*unit),
                             bundle.part(manifest.split->device).size(),
                             *std::move(codecs),
                             *std::move(deepcod),
                             *std::move(coders),
                             resample_promise(*measured, kPromisedTargets),
                             read_training_facts(folder)};
  const std::vector<SystemPoint> points = all_points(*measured, subject, others);
  std::fputs(split_table(*measured, subject).c_str(), out);
  std::fputs(latency_table(points_for_latency(points, *measured), measured->full_ms).c_str(), out);
  if (!options.plot.empty()) {
    const SplitPlotSubject plotted{subject.bundle + " on " + subject.data, measured->full_accuracy()};
    if (auto written = bundle::write_text_file(options.plot, split_plot(plotted, points)); !written) return written;
  }
  if (options.json) std::fprintf(out, "%s\n", split_json(*measured, subject).c_str());
  return {};
}

}  // namespace sluice::eval
