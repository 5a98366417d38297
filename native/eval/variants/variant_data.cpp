#include "native/eval/variants/variant_data.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "native/eval/clip.hpp"
#include "native/eval/split/cifar10.hpp"
#include "native/eval/split/kept_back.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

// Those of the pictures with these numbers, each a block of its own.
PictureStream stream_of(std::string what, LabelledPictures pictures, std::vector<std::size_t> numbers) {
  struct Held {
    LabelledPictures pictures;
    std::vector<std::size_t> numbers;
  };
  const auto held = std::make_shared<const Held>(Held{std::move(pictures), std::move(numbers)});
  return {std::move(what), held->numbers.size(), [held](const PictureVisitor& visit) -> Result<void> {
            std::uint32_t block = 0;
            for (const std::size_t number : held->numbers) {
              const auto pixels = std::as_bytes(held->pictures.picture(number));
              const auto image =
                  input::make_image(input::PixelFormat::kRgb8, held->pictures.width, held->pictures.height, pixels);
              if (!image) return fail(image.error());
              if (auto visited = visit(*image, block++); !visited) return visited;
            }
            return {};
          }};
}

Result<PictureStream> open_folder(const fs::path& folder, std::uint32_t every) {
  auto clips = find_clips(folder);
  if (!clips) return fail(clips.error());
  PictureStream stream{folder.string(), 0, {}};
  for (const Clip& clip : *clips) {
    const auto frames = count_frames(clip);
    if (!frames) return fail(frames.error());
    stream.count += (*frames + every - 1) / every;
  }
  stream.visit = [clips = *std::move(clips), every](const PictureVisitor& visit) -> Result<void> {
    std::uint32_t block = 0;
    for (const Clip& clip : clips) {
      const auto read = read_clip(clip, every, [&](const input::ImageView& picture, std::uint64_t) {
        return visit(picture, clip.still_pictures ? block++ : block);
      });
      if (!read) return read;
      if (!clip.still_pictures) ++block;
    }
    return {};
  };
  return stream;
}

Result<PictureStream> open_kept_back(const fs::path& folder, std::uint32_t every) {
  auto training = read_cifar10_training(folder);
  if (!training) return fail(training.error());
  std::vector<std::size_t> kept;
  std::size_t found = 0;
  for (std::size_t i = 0; i < training->size(); ++i) {
    if (is_kept_back(i, kUsuallyKeptBack) && found++ % every == 0) kept.push_back(i);
  }
  return stream_of("CIFAR-10's training pictures that were kept back", *std::move(training), std::move(kept));
}

Result<PictureStream> open_test_split(const fs::path& folder, std::uint32_t every) {
  auto test = read_cifar10_test(folder);
  if (!test) return fail(test.error());
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < test->size(); i += every) numbers.push_back(i);
  return stream_of("CIFAR-10's test split", *std::move(test), std::move(numbers));
}

}  // namespace

Result<VariantData> open_variant_data(const fs::path& data, const fs::path& test, std::uint32_t every) {
  std::error_code unknown;
  if (!test.empty() && fs::equivalent(data, test, unknown)) {
    return fail(ErrorCode::kInvalidArgument,
                {"'", test.string(), "' cannot test what was measured on itself: name other pictures for the test"});
  }
  const bool sheets = holds_cifar10(data);
  auto calibration = sheets ? open_kept_back(data, every) : open_folder(data, every);
  if (!calibration) return fail(calibration.error());
  if (test.empty() && !sheets) return VariantData{*std::move(calibration), std::nullopt};
  auto tested = test.empty() ? open_test_split(data, every) : open_folder(test, every);
  if (!tested) return fail(tested.error());
  return VariantData{*std::move(calibration), *std::move(tested)};
}

}  // namespace sluice::eval
