#include "native/train/splitnet/picture_folders.hpp"

#include <algorithm>
#include <cstring>

#include "native/eval/clip.hpp"
#include "native/eval/rgb_image.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::uint32_t kMostSide = 4096;  // of a picture before it is cut

}  // namespace

Result<FolderPictures> read_picture_folders(const std::filesystem::path& folder, std::int64_t side) {
  const auto clips = eval::find_clips(folder);
  if (!clips) return fail(clips.error());
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;
  FolderPictures found;
  const auto wanted = static_cast<std::uint32_t>(side);
  for (const eval::Clip& clip : *clips) {
    if (!clip.still_pictures) continue;
    const auto read = eval::read_clip(clip, 1, [&](const input::ImageView& view, std::uint64_t) -> Result<void> {
      const auto picture = eval::to_rgb(view, kMostSide);
      if (!picture) return fail(picture.error());
      const auto width = static_cast<float>(picture->width);
      const auto height = static_cast<float>(picture->height);
      const float square = std::min(width, height);
      const auto cut =
          eval::crop(*picture, (width - square) / 2, (height - square) / 2, square, square, wanted, wanted);
      if (!cut) return fail(cut.error());
      pixels.insert(pixels.end(), cut->pixels.begin(), cut->pixels.end());
      labels.push_back(found.classes);
      return {};
    });
    if (!read) return fail(read.error());
    ++found.classes;
  }
  if (labels.empty()) return fail(ErrorCode::kNotFound, {folder.string(), " holds no pictures"});
  found.set.labels = torch::tensor(labels, torch::kLong);
  found.set.pictures = torch::empty({found.set.labels.size(0), side, side, 3}, torch::kUInt8);
  std::memcpy(found.set.pictures.data_ptr<std::uint8_t>(), pixels.data(), pixels.size());
  return found;
}

}  // namespace sluice::train::splitnet
