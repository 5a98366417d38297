#include "native/eval/split/deepcod.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <future>
#include <thread>

#include "core/model/model.hpp"
#include "core/pipeline/full_model.hpp"
#include "core/run/network.hpp"
#include "core/split/coding/lzw_features.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/coding/symbol_model_builder.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDeepcodPrefix = "deepcod-";
constexpr std::string_view kEncoderEnding = ".encoder.onnx";
constexpr std::string_view kDecoderEnding = ".decoder.onnx";
constexpr std::size_t kTablePictures = 2000;  // that the range coder's tables are learned from

Failure of_file(const fs::path& file, const Error& why) { return fail(why.code, {file.string(), ": ", why.message}); }

fs::path deepcod_file(const fs::path& folder, int channels, std::string_view ending) {
  return folder / (std::string(kDeepcodPrefix) + std::to_string(channels) + std::string(ending));
}

std::vector<int> operating_points(const fs::path& folder) {
  std::vector<int> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    int channels = 0;
    if (!name.starts_with(kDeepcodPrefix) || !name.ends_with(kEncoderEnding)) continue;
    const char* digits = name.data() + kDeepcodPrefix.size();
    const char* end = name.data() + name.size() - kEncoderEnding.size();
    if (std::from_chars(digits, end, channels).ptr == end && channels > 0) found.push_back(channels);
  }
  std::ranges::sort(found);
  return found;
}

// Encoder, decoder and full model of one thread.
class DeepcodRunner {
 public:
  static Result<DeepcodRunner> create(const fs::path& folder, int channels, const bundle::Bundle& bundle) {
    auto encoder = load(deepcod_file(folder, channels, kEncoderEnding));
    if (!encoder) return fail(encoder.error());
    auto decoder = load(deepcod_file(folder, channels, kDecoderEnding));
    if (!decoder) return fail(decoder.error());
    const pipeline::Manifest& manifest = bundle.manifest;
    auto full = pipeline::load_full_model(manifest, bundle.part(manifest.model.part), run::full_loading());
    if (!full) return fail(full.error());
    return DeepcodRunner(*std::move(encoder), *std::move(decoder), *std::move(full));
  }

  Result<std::vector<std::int8_t>> symbols(const LabelledPictures& pictures, std::size_t index) {
    const auto view = input::make_image(input::PixelFormat::kRgb8, pictures.width, pictures.height,
                                        std::as_bytes(pictures.picture(index)));
    if (!view) return fail(view.error());
    const auto tensor = full_.prepare(*view);
    if (!tensor) return fail(tensor.error());
    if (auto ran = encoder_.run(std::array{*tensor}); !ran) return fail(ran.error());
    std::vector<std::int8_t> found;
    for (const float value : encoder_.output(0).as<float>()) found.push_back(static_cast<std::int8_t>(value));
    return found;
  }

  // Of the symbols that the encoder gave last: the class that the full model sees in what the decoder makes of them.
  Result<std::int64_t> answer() {
    if (auto ran = decoder_.run(std::array{encoder_.output(0)}); !ran) return fail(ran.error());
    if (auto ran = full_.run_stage(std::array{decoder_.output(0)}); !ran) return fail(ran.error());
    const auto outputs = full_.raw_outputs();
    if (!outputs) return fail(outputs.error());
    const auto logits = outputs->front().tensor.as<float>();
    return std::ranges::max_element(logits) - logits.begin();
  }

  std::span<const std::int64_t> symbol_dims() const { return encoder_.outputs()[0].dims; }

 private:
  DeepcodRunner(model::Model encoder, model::Model decoder, run::Program full)
      : encoder_(std::move(encoder)), decoder_(std::move(decoder)), full_(std::move(full)) {}

  static Result<model::Model> load(const fs::path& file) {
    const auto onnx = bundle::read_file(file);
    if (!onnx) return fail(onnx.error());
    auto model = model::Model::load(std::as_bytes(std::span(*onnx)), run::full_loading().model);
    if (!model) return of_file(file, model.error());
    return model;
  }

  model::Model encoder_;
  model::Model decoder_;
  run::Program full_;
};

Result<std::vector<std::uint8_t>> learn_tables(DeepcodRunner& runner, const LabelledPictures& training) {
  const auto dims = runner.symbol_dims();
  if (dims.size() != 4) {
    return fail(ErrorCode::kShapeMismatch, {"DeepCOD's encoder gives ", dims.size(), " dimensions, not [1, C, H, W]"});
  }
  std::vector<std::int8_t> values;
  for (std::size_t i = 0; i < std::min(kTablePictures, training.size()); ++i) {
    const auto symbols = runner.symbols(training, i);
    if (!symbols) return fail(symbols.error());
    values.insert(values.end(), symbols->begin(), symbols->end());
  }
  const auto size = [&](std::size_t axis) { return static_cast<std::uint32_t>(dims[axis]); };
  return split::build_symbol_model({size(1), size(3), size(2), values});
}

// Sums over a thread's pictures.
struct DeepcodSums {
  std::size_t lzw_bytes = 0;
  std::size_t range_bytes = 0;
  std::size_t right = 0;
};

Result<DeepcodSums> measure_some(DeepcodRunner& runner, const split::SymbolModel& model, const LabelledPictures& test,
                                 std::size_t first, std::size_t step, const SplitProgress& progress) {
  DeepcodSums sums;
  std::vector<std::uint8_t> out(64 + 4 * std::size_t{model.features()});
  for (std::size_t i = first; i < test.size(); i += step) {
    const auto symbols = runner.symbols(test, i);
    if (!symbols) return fail(symbols.error());
    const auto coded = [&](auto encode) {
      return encode(model, symbols->data(), 1, model.positions(), std::span(out), model.channels, nullptr).bytes;
    };
    sums.lzw_bytes += coded(split::encode_features_lzw);
    sums.range_bytes += coded(split::encode_features);
    const auto answer = runner.answer();
    if (!answer) return fail(answer.error());
    sums.right += *answer == test.labels[i] ? 1 : 0;
    progress(i + 1, test.size());
  }
  return sums;
}

void tell_nobody(std::size_t, std::size_t) {}

Result<DeepcodPoint> measure_point(const fs::path& folder, int channels, const bundle::Bundle& bundle,
                                   const LabelledPictures& training, const LabelledPictures& test, std::uint32_t every,
                                   const SplitProgress& progress) {
  std::vector<DeepcodRunner> runners;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    auto runner = DeepcodRunner::create(folder, channels, bundle);
    if (!runner) return fail(runner.error());
    runners.push_back(*std::move(runner));
  }
  const auto section = learn_tables(runners.front(), training);
  if (!section) return of_file(deepcod_file(folder, channels, kEncoderEnding), section.error());
  split::SymbolModel model;
  if (split::read_symbol_model(*section, model) != split::ModelStatus::kOk) {
    return fail(ErrorCode::kInternal, "the tables of DeepCOD's symbols cannot be read");
  }
  std::vector<std::future<Result<DeepcodSums>>> others;
  const std::size_t step = every * runners.size();
  for (std::size_t i = 1; i < runners.size(); ++i) {
    others.push_back(std::async(
        std::launch::async, [&, i] { return measure_some(runners[i], model, test, every * i, step, tell_nobody); }));
  }
  auto sums = measure_some(runners.front(), model, test, 0, step, progress);
  for (auto& other : others) {
    const auto more = other.get();
    if (!more) return fail(more.error());
    if (!sums) continue;
    sums->lzw_bytes += more->lzw_bytes;
    sums->range_bytes += more->range_bytes;
    sums->right += more->right;
  }
  if (!sums) return fail(sums.error());
  const auto count = static_cast<double>(std::max<std::size_t>((test.size() + every - 1) / every, 1));
  return DeepcodPoint{channels, static_cast<double>(sums->lzw_bytes) / count,
                      static_cast<double>(sums->range_bytes) / count, static_cast<double>(sums->right) / count};
}

}  // namespace

std::optional<fs::path> find_deepcod(const std::string& bundle_name, const fs::path& bundle_folder) {
  const std::string name = bundle_name + "-baselines";
  std::error_code error;
  for (const fs::path& place :
       {fs::absolute(bundle_folder, error).lexically_normal().parent_path() / name, fs::path("bundles") / name}) {
    if (!operating_points(place).empty()) return place;
  }
  return std::nullopt;
}

Result<std::vector<DeepcodPoint>> measure_deepcod(const fs::path& folder, const bundle::Bundle& bundle,
                                                  const LabelledPictures& training, const LabelledPictures& test,
                                                  std::uint32_t every, const SplitProgress& progress) {
  const std::vector<int> known = operating_points(folder);
  if (known.empty()) {
    return fail(ErrorCode::kNotFound, {folder.string(), " holds no ", kDeepcodPrefix, "CHANNELS", kEncoderEnding});
  }
  std::vector<DeepcodPoint> points;
  for (const int channels : known) {
    const auto point = measure_point(folder, channels, bundle, training, test, std::max(1U, every), progress);
    if (!point) return fail(point.error());
    points.push_back(*point);
  }
  return points;
}

CodecCurve deepcod_curve(const std::vector<DeepcodPoint>& points) {
  CodecCurve curve{"deepcod", {}};
  for (const DeepcodPoint& point : points) {
    curve.points.push_back({point.channels, std::min(point.lzw_bytes, point.range_bytes), point.accuracy});
  }
  return curve;
}

}  // namespace sluice::eval
