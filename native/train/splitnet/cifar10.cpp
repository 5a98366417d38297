#include "native/train/splitnet/cifar10.hpp"

#include <rapidjson/document.h>

#include <cstring>

#include "native/bundle/bundle_folder.hpp"
#include "native/media/frame_source.hpp"

namespace sluice::train::splitnet {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 32;
constexpr std::int64_t kPixels = kSide * kSide;
constexpr int kTrainingSheets = 5;

fs::path training_sheet(const fs::path& folder, int number) {
  return folder / ("data_batch_" + std::to_string(number) + ".png");
}

Result<void> require(const fs::path& file) {
  std::error_code error;
  if (fs::is_regular_file(file, error)) return {};
  return fail(ErrorCode::kNotFound, {file.string(), " is not there: ./dev setup --cifar10 fetches it"});
}

Result<torch::Tensor> read_sheet(const fs::path& file) {
  if (auto found = require(file); !found) return fail(found.error());
  auto source = media::open_source(file.string());
  if (!source) return fail(source.error());
  const auto frame = (*source)->next();
  if (!frame) return fail(frame.error());
  if (!*frame) return fail(ErrorCode::kMalformedMedia, {file.string(), " holds no picture"});
  const input::ImageView& view = (*frame)->view;
  if (view.format != input::PixelFormat::kRgb8 || view.width != kPixels) {
    return fail(ErrorCode::kMalformedMedia, {file.string(), " is no sheet of 32x32 RGB pictures, one a row"});
  }
  torch::Tensor pictures = torch::empty({view.height, kSide, kSide, 3}, torch::kUInt8);
  for (std::uint32_t row = 0; row < view.height; ++row) {
    std::memcpy(pictures.data_ptr<std::uint8_t>() + std::size_t{row} * kPixels * 3,
                view.planes[0].data + row * view.planes[0].stride_bytes, static_cast<std::size_t>(kPixels) * 3);
  }
  return pictures;
}

Result<torch::Tensor> read_labels(const fs::path& file, std::int64_t count) {
  if (auto found = require(file); !found) return fail(found.error());
  const auto text = bundle::read_file(file);
  if (!text) return fail(text.error());
  rapidjson::Document json;
  json.Parse(text->data(), text->size());
  if (json.HasParseError() || !json.IsArray() || static_cast<std::int64_t>(json.Size()) != count) {
    return fail(ErrorCode::kMalformedMedia, {file.string(), " does not list a label for each of the sheets' pictures"});
  }
  torch::Tensor labels = torch::empty({count}, torch::kLong);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& label = json[static_cast<rapidjson::SizeType>(i)];
    if (!label.IsInt() || label.GetInt() < 0 || label.GetInt() >= kCifarClasses) {
      return fail(ErrorCode::kMalformedMedia, {file.string(), ": label ", i, " is none of 0 to 9"});
    }
    labels[i] = label.GetInt();
  }
  return labels;
}

Result<PictureSet> read_set(const std::vector<fs::path>& sheets, const fs::path& labels) {
  std::vector<torch::Tensor> parts;
  for (const fs::path& sheet : sheets) {
    auto pictures = read_sheet(sheet);
    if (!pictures) return fail(pictures.error());
    parts.push_back(std::move(*pictures));
  }
  PictureSet set;
  set.pictures = torch::cat(parts);
  auto read = read_labels(labels, set.pictures.size(0));
  if (!read) return fail(read.error());
  set.labels = std::move(*read);
  return set;
}

}  // namespace

// The names are the package's own.
bool holds_cifar10(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(training_sheet(folder, 1), error) &&
         fs::is_regular_file(folder / "train_lables.json", error);
}

Result<PictureSet> read_cifar10_training(const fs::path& folder) {
  std::vector<fs::path> sheets;
  for (int number = 1; number <= kTrainingSheets; ++number) sheets.push_back(training_sheet(folder, number));
  return read_set(sheets, folder / "train_lables.json");
}

Result<PictureSet> read_cifar10_test(const fs::path& folder) {
  return read_set({folder / "test_batch.png"}, folder / "test_lables.json");
}

}  // namespace sluice::train::splitnet
