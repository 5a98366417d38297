// Cuts the frames of videos into square tiles and sorts them into folders by what a detector sees there: pictures to train and measure a
// classifier of "nothing", "person" and "vehicle" on, for early exits on video (native/train/exits/README.md).
//   bench_video_tiles --detector yolox_nano_320x320.onnx --out build/tiles/train --every 5 fixed-camera.avi ...
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/model/model.hpp"
#include "core/run/network.hpp"
#include "native/arguments/checks.hpp"
#include "native/bench/tiles/tile_label.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/clip.hpp"
#include "native/eval/rgb_image.hpp"
#include "native/media/still_codec.hpp"

namespace {

using namespace sluice;
using namespace sluice::bench;

struct TileOptions {
  std::filesystem::path detector;
  std::filesystem::path out;
  std::vector<std::filesystem::path> clips;
  std::uint32_t every = 5;
  std::uint32_t rows = 3;
  std::uint32_t side = 64;
  std::uint32_t nothing_one_in = 1;
  std::uint32_t detector_side = 320;
};

// The detector over whole frames.
class FrameDetector {
 public:
  static Result<FrameDetector> load(const std::filesystem::path& file, std::uint32_t side) {
    auto onnx = bundle::read_file(file);
    if (!onnx) return fail(onnx.error());
    auto model = model::Model::load(std::as_bytes(std::span(*onnx)), run::full_loading().model);
    if (!model) return fail(model.error());
    auto to_tensor = input::ImageToTensor::create(yolox_input(side));
    if (!to_tensor) return fail(to_tensor.error());
    auto tensor = Tensor::create(DataType::kFloat32, to_tensor->tensor_shape());
    if (!tensor) return fail(tensor.error());
    return FrameDetector(*std::move(model), *std::move(to_tensor), *std::move(tensor), side);
  }

  Result<std::vector<SeenBox>> find(const input::ImageView& frame) {
    const auto placement = to_tensor_.run(frame, tensor_.mutable_view());
    if (!placement) return fail(placement.error());
    const TensorView input = tensor_.view();
    if (auto ran = model_.run(std::span(&input, 1)); !ran) return fail(ran.error());
    return read_yolox(model_.output(0).as<float>(), side_, *placement, kLeastScore);
  }

 private:
  FrameDetector(model::Model model, input::ImageToTensor to_tensor, Tensor tensor, std::uint32_t side)
      : model_(std::move(model)), to_tensor_(std::move(to_tensor)), tensor_(std::move(tensor)), side_(side) {}

  model::Model model_;
  input::ImageToTensor to_tensor_;
  Tensor tensor_;
  std::uint32_t side_;
};

class TileWriter {
 public:
  static Result<TileWriter> create(const TileOptions& options) {
    auto codec = media::StillCodec::create(media::StillFormat::kPng, options.side, options.side);
    if (!codec) return fail(codec.error());
    for (const TileLabel label : {TileLabel::kNothing, TileLabel::kPerson, TileLabel::kVehicle}) {
      std::error_code error;
      std::filesystem::create_directories(options.out / tile_label_name(label), error);
      if (error) {
        return fail(ErrorCode::kInvalidArgument,
                    {"cannot make a folder in ", options.out.string(), ": ", error.message()});
      }
    }
    return TileWriter(options, *std::move(codec));
  }

  Result<void> write(const std::string& clip, std::uint64_t frame, const eval::RgbImage& image,
                     std::span<const SeenBox> boxes) {
    const float side = static_cast<float>(image.height) / static_cast<float>(options_.rows);
    const auto columns = static_cast<std::uint32_t>(static_cast<float>(image.width) / side);
    for (std::uint32_t at = 0; at < options_.rows * columns; ++at) {
      const Tile tile{static_cast<float>(at % columns) * side, static_cast<float>(at / columns) * side, side};
      const auto label = label_tile(tile, boxes);
      if (!label) continue;
      if (*label == TileLabel::kNothing && nothing_seen_++ % options_.nothing_one_in != 0) continue;
      const auto cut = eval::crop(image, tile.left, tile.top, side, side, options_.side, options_.side);
      if (!cut) return fail(cut.error());
      const auto file = codec_.encode(cut->pixels, 100);
      if (!file) return fail(file.error());
      // Names in the order of frames, and of a tile's own frames together.
      std::array<char, 64> name{};
      std::snprintf(name.data(), name.size(), "-tile%02u-frame%06llu.png", at, static_cast<unsigned long long>(frame));
      const auto path = options_.out / tile_label_name(*label) / (clip + name.data());
      std::ofstream out(path, std::ios::binary);
      out.write(reinterpret_cast<const char*>(file->data()), static_cast<std::streamsize>(file->size()));
      if (!out.flush()) return fail(ErrorCode::kInvalidArgument, {"cannot write ", path.string()});
      ++written_[static_cast<std::size_t>(*label)];
    }
    return {};
  }

  const std::array<std::uint64_t, 3>& written() const { return written_; }

 private:
  TileWriter(const TileOptions& options, media::StillCodec codec) : options_(options), codec_(std::move(codec)) {}

  TileOptions options_;
  media::StillCodec codec_;
  std::uint64_t nothing_seen_ = 0;
  std::array<std::uint64_t, 3> written_{};
};

Result<void> cut_clip(const eval::Clip& clip, const TileOptions& options, FrameDetector& detector, TileWriter& writer) {
  const std::string name = std::filesystem::path(clip.name).stem().string();
  return eval::read_clip(clip, options.every, [&](const input::ImageView& frame, std::uint64_t index) -> Result<void> {
    const auto image = eval::to_rgb(frame, std::max(frame.width, frame.height));
    if (!image) return fail(image.error());
    const auto boxes = detector.find(image->view());
    if (!boxes) return fail(boxes.error());
    return writer.write(name, index, *image, *boxes);
  });
}

Result<void> cut_all(const TileOptions& options) {
  auto detector = FrameDetector::load(options.detector, options.detector_side);
  if (!detector) return fail(detector.error());
  auto writer = TileWriter::create(options);
  if (!writer) return fail(writer.error());
  for (const auto& path : options.clips) {
    const auto clips = eval::find_clips(path);
    if (!clips) return fail(clips.error());
    for (const eval::Clip& clip : *clips) {
      if (auto cut = cut_clip(clip, options, *detector, *writer); !cut) return cut;
      const auto& count = writer->written();
      std::fprintf(stderr, "%s: so far %llu of nothing, %llu of people, %llu of vehicles\n", clip.name.c_str(),
                   static_cast<unsigned long long>(count[0]), static_cast<unsigned long long>(count[1]),
                   static_cast<unsigned long long>(count[2]));
    }
  }
  return {};
}

void add_options(CLI::App& app, TileOptions& options) {
  app.add_option("--detector", options.detector, "YOLOX, ONNX, trained on COCO")->required()->check(CLI::ExistingFile);
  app.add_option("--detector-side", options.detector_side, "Of its pictures, in pixels")
      ->capture_default_str()
      ->check(arguments::whole_number(32, 1280));
  app.add_option("--out", options.out, "Folder for the tiles, a subfolder for each label")->required();
  app.add_option("--every", options.every, "Every n-th frame")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 10'000));
  app.add_option("--rows", options.rows, "Tiles above each other; they are square")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 32));
  app.add_option("--side", options.side, "Of a tile's file, in pixels")
      ->capture_default_str()
      ->check(arguments::whole_number(8, 1024));
  app.add_option("--nothing-one-in", options.nothing_one_in, "Of the tiles that show nothing, every n-th")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 10'000));
  app.add_option("clips", options.clips, "Videos, or folders of such")->required()->check(CLI::ExistingPath);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Cuts videos into tiles, sorted by what a detector sees there");
  TileOptions options;
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  if (const auto done = cut_all(options); !done) {
    std::fprintf(stderr, "%s\n", describe(done.error()).c_str());
    return 1;
  }
  return 0;
}
