#include "native/eval/split/split_eval.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "core/split/device_half.hpp"
#include "native/eval/split/deepcod.hpp"
#include "native/eval/split/split_report.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

fs::path default_pictures() {
  const char* deps = std::getenv("SLUICE_DEPS");
  return fs::path(deps != nullptr && *deps != '\0' ? deps : ".deps") / "cifar10";
}

// What a run of some minutes says meanwhile: how far it is, and how long it will still take.
class Progress {
 public:
  Progress(std::FILE* log, const char* what) : log_(log), what_(what) {}
  void operator()(std::size_t done, std::size_t of) {
    const auto now = std::chrono::steady_clock::now();
    if (log_ == nullptr || (now - told_ < std::chrono::seconds(2) && done != of)) return;
    told_ = now;
    const double s = std::chrono::duration<double>(now - begin_).count();
    const double left = done > 0 ? s / static_cast<double>(done) * static_cast<double>(of - done) : 0;
    std::fprintf(log_, "%s: %zu of %zu, %.0f s left\n", what_, done, of, left);
  }

 private:
  std::FILE* log_;
  const char* what_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told_{};
};

// Of DeepCOD, where its networks lie beside the bundle.
Result<std::optional<CodecCurve>> find_deepcod_curve(const EvalOptions& options, const bundle::Bundle& bundle,
                                                     const fs::path& data, const LabelledPictures& test,
                                                     std::FILE* log) {
  const fs::path bundle_folder = options.bundle.empty() ? fs::path("build/bundles") / options.name : options.bundle;
  const auto folder = find_deepcod(bundle.manifest.name, bundle_folder);
  if (!folder) return std::nullopt;
  const auto training = read_cifar10_training(data);  // for the coder's tables
  if (!training) return fail(training.error());
  const auto points = measure_deepcod(*folder, bundle, *training, test, options.every, Progress(log, "DeepCOD"));
  if (!points) return fail(points.error());
  return deepcod_curve(*points);
}

}  // namespace

Result<void> run_split_eval(const EvalOptions& options, const bundle::Bundle& bundle, std::FILE* out, std::FILE* log) {
  const pipeline::Manifest& manifest = bundle.manifest;
  if (options.stream || !options.baselines.empty() || !options.plot.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                {"'", manifest.name, "' is a model in two halves, which is measured on labelled ",
                 "pictures: --stream, --baselines and --plot have no meaning for it"});
  }
  const fs::path data = options.data.empty() ? default_pictures() : options.data;
  const auto pictures = read_cifar10_test(data);
  if (!pictures) return fail(pictures.error());
  std::vector<std::uint32_t> cuts;
  for (const pipeline::SplitPoint& point : manifest.split->points) cuts.push_back(point.channels);
  const std::uint32_t every = std::max(1U, options.every);
  const auto measured = measure_split(bundle, *pictures, cuts, every, Progress(log, "halves"));
  if (!measured) return fail(measured.error());
  auto codecs = measure_codecs(bundle, *pictures, every, Progress(log, "codecs"));
  if (!codecs) return fail(codecs.error());
  auto deepcod = find_deepcod_curve(options, bundle, data, *pictures, log);
  if (!deepcod) return fail(deepcod.error());
  const auto unit = split::read_unit(bundle.part(manifest.split->device));
  if (!unit) return fail(unit.error());
  const SplitSubject subject{manifest.name + " " + manifest.version,
                             "the test split of CIFAR-10",
                             manifest.split->points,
                             options.target,
                             split::costs_of(*unit),
                             bundle.part(manifest.split->device).size(),
                             *std::move(codecs),
                             *std::move(deepcod)};
  std::fputs(split_table(*measured, subject).c_str(), out);
  if (options.json) std::fprintf(out, "%s\n", split_json(*measured, subject).c_str());
  return {};
}

}  // namespace sluice::eval
