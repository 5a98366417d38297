#include "native/eval/split/cifar10.hpp"

#include <rapidjson/document.h>

#include "native/bundle/bundle_folder.hpp"
#include "native/media/frame_source.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kPixels = kCifarSide * kCifarSide;
constexpr int kTrainingSheets = 5;

fs::path training_sheet(const fs::path& folder, int number) {
  return folder / ("data_batch_" + std::to_string(number) + ".png");
}

Result<void> require(const fs::path& file) {
  std::error_code error;
  if (fs::is_regular_file(file, error)) return {};
  return fail(ErrorCode::kNotFound, {file.string(), " is not there: ./dev setup --cifar10 fetches it"});
}

Result<void> append_sheet(const fs::path& file, std::vector<std::uint8_t>& pixels) {
  if (auto found = require(file); !found) return found;
  auto source = media::open_source(file.string());
  if (!source) return fail(source.error());
  const auto frame = (*source)->next();
  if (!frame) return fail(frame.error());
  if (!*frame) return fail(ErrorCode::kMalformedMedia, {file.string(), " holds no picture"});
  const input::ImageView& view = (*frame)->view;
  if (view.format != input::PixelFormat::kRgb8 || view.width != kPixels) {
    return fail(ErrorCode::kMalformedMedia, {file.string(), " is no sheet of 32x32 RGB pictures, one a row"});
  }
  for (std::uint32_t row = 0; row < view.height; ++row) {
    const std::uint8_t* from = view.planes[0].data + row * view.planes[0].stride_bytes;
    pixels.insert(pixels.end(), from, from + std::size_t{kPixels} * 3);
  }
  return {};
}

Result<std::vector<std::int64_t>> read_labels(const fs::path& file, std::size_t count) {
  if (auto found = require(file); !found) return fail(found.error());
  const auto text = bundle::read_file(file);
  if (!text) return fail(text.error());
  rapidjson::Document json;
  json.Parse(text->data(), text->size());
  if (json.HasParseError() || !json.IsArray() || json.Size() != count) {
    return fail(ErrorCode::kMalformedMedia, {file.string(), " does not list a label for each of the sheets' pictures"});
  }
  std::vector<std::int64_t> labels;
  for (const auto& label : json.GetArray()) {
    if (!label.IsUint() || label.GetUint() >= kCifarClasses) {
      return fail(ErrorCode::kMalformedMedia, {file.string(), ": label ", labels.size(), " is none of 0 to 9"});
    }
    labels.push_back(label.GetUint());
  }
  return labels;
}

Result<LabelledPictures> read_pictures(const std::vector<fs::path>& sheets, const fs::path& labels) {
  LabelledPictures pictures{kCifarSide, kCifarSide, {}, {}, {kCifarClassNames.begin(), kCifarClassNames.end()}};
  for (const fs::path& sheet : sheets) {
    if (auto read = append_sheet(sheet, pictures.pixels); !read) return fail(read.error());
  }
  auto read = read_labels(labels, pictures.pixels.size() / (std::size_t{kPixels} * 3));
  if (!read) return fail(read.error());
  pictures.labels = *std::move(read);
  return pictures;
}

}  // namespace

// The names are the package's own.
bool holds_cifar10(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(training_sheet(folder, 1), error) &&
         fs::is_regular_file(folder / "train_lables.json", error);
}

Result<LabelledPictures> read_cifar10_training(const fs::path& folder) {
  std::vector<fs::path> sheets;
  for (int number = 1; number <= kTrainingSheets; ++number) sheets.push_back(training_sheet(folder, number));
  return read_pictures(sheets, folder / "train_lables.json");
}

Result<LabelledPictures> read_cifar10_test(const fs::path& folder) {
  return read_pictures({folder / "test_batch.png"}, folder / "test_lables.json");
}

}  // namespace sluice::eval
