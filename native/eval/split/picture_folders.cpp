#include "native/eval/split/picture_folders.hpp"

#include <algorithm>

#include "native/eval/clip.hpp"
#include "native/eval/rgb_image.hpp"

namespace sluice::eval {
namespace {

constexpr std::uint32_t kMostSide = 4096;  // of a picture before it is cut

Result<void> add_picture(const input::ImageView& view, LabelledPictures& pictures) {
  const auto picture = to_rgb(view, kMostSide);
  if (!picture) return fail(picture.error());
  const auto width = static_cast<float>(picture->width);
  const auto height = static_cast<float>(picture->height);
  const float square = std::min(width, height);
  const auto cut =
      crop(*picture, (width - square) / 2, (height - square) / 2, square, square, pictures.width, pictures.height);
  if (!cut) return fail(cut.error());
  pictures.pixels.insert(pictures.pixels.end(), cut->pixels.begin(), cut->pixels.end());
  pictures.labels.push_back(static_cast<std::int64_t>(pictures.class_names.size()));
  return {};
}

}  // namespace

Result<LabelledPictures> read_picture_folders(const std::filesystem::path& folder, std::uint32_t side) {
  const auto clips = find_clips(folder);
  if (!clips) return fail(clips.error());
  LabelledPictures pictures{side, side, {}, {}, {}};
  for (const Clip& clip : *clips) {
    if (!clip.still_pictures) continue;
    const auto read =
        read_clip(clip, 1, [&](const input::ImageView& view, std::uint64_t) { return add_picture(view, pictures); });
    if (!read) return fail(read.error());
    pictures.class_names.push_back(clip.name);
  }
  if (pictures.labels.empty()) return fail(ErrorCode::kNotFound, {folder.string(), " holds no pictures"});
  return pictures;
}

}  // namespace sluice::eval
