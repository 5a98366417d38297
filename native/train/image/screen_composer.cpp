#include "native/train/image/screen_composer.hpp"

#include <algorithm>
#include <array>

#include "native/train/image/compositing.hpp"
#include "native/train/image/photometry.hpp"
#include "native/train/image/screen_painter.hpp"

namespace sluice::train {
namespace {

constexpr std::array<float, 4> kCanvasAspects{16.0F / 9, 16.0F / 9, 16.0F / 10, 4.0F / 3};
constexpr std::array<float, 4> kVideoAspects{16.0F / 9, 4.0F / 3, 1.0F, 3.0F / 4};
constexpr float kFoundShare = 0.6F;  // of video pictures drawn to show what the full model finds
constexpr std::uint32_t kLeastSide = 8;

std::uint32_t pixels(float length) { return std::max(kLeastSide, static_cast<std::uint32_t>(std::max(length, 0.0F))); }

// Light as a webcam in a dim room, or a projector's screen filmed from the last row, leaves it.
void change_webcam_light(eval::RgbImage& video, Random& random) {
  if (random.chance(0.5F)) change_exposure(video, random.log_uniform(0.2F, 1.3F));
  if (random.chance(0.3F)) {
    const float factor = random.uniform(0.3F, 1);
    change_contrast(video, factor, random.uniform(20, 200));
  }
}

}  // namespace

ScreenComposer::ScreenComposer(const PicturePool& pool, std::uint32_t max_side)
    : pool_(pool), draw_(pool), max_side_(max_side) {}

Result<eval::RgbImage> ScreenComposer::compose(std::uint64_t seed) const {
  if (draw_.empty()) return fail(ErrorCode::kInvalidArgument, "there are no training pictures to draw from");
  Random random(seed);
  auto canvas = background(random);
  if (!canvas) return canvas;
  if (random.chance(0.85F)) {
    auto placed = random.chance(0.2F) ? tiles(*canvas, random) : inset(*canvas, random);
    if (!placed) return fail(placed.error());
  }
  if (random.chance(0.6F)) change_light(*canvas, random);
  return canvas;
}

Result<eval::RgbImage> ScreenComposer::background(Random& random) const {
  const float aspect = kCanvasAspects[random.index(kCanvasAspects.size())];
  const std::uint32_t width = pixels(static_cast<float>(max_side_));
  const std::uint32_t height = pixels(static_cast<float>(max_side_) / aspect);
  if (random.chance(0.5F)) return paint_screen(width, height, random);
  std::size_t index = draw_.any(random);
  const auto shows_something = [&] {
    const auto& found = pool_.entries()[index].found;
    return std::any_of(found.begin(), found.end(), [](const auto& box) { return box.score >= kSureScore; });
  };
  for (int attempt = 0; attempt < 8 && shows_something(); ++attempt) index = draw_.any(random);
  auto source = pool_.load(index);
  if (!source) return source;
  const auto source_width = static_cast<float>(source->width);
  const auto source_height = static_cast<float>(source->height);
  const float part_width = std::min(source_width, source_height * aspect);
  const float part_height = part_width / aspect;
  const float x = random.uniform(0, source_width - part_width);
  const float y = random.uniform(0, source_height - part_height);
  return eval::crop(*source, x, y, part_width, part_height, width, height);
}

Result<eval::RgbImage> ScreenComposer::video(float aspect, float width, bool with_found, float found_width,
                                             Random& random) const {
  const std::size_t index = with_found ? draw_.with_found(random) : draw_.any(random);
  auto source = pool_.load(index);
  if (!source) return source;
  const auto source_width = static_cast<float>(source->width);
  const auto source_height = static_cast<float>(source->height);
  const float widest = std::min(source_width, source_height * aspect);
  float part_width = widest * random.log_uniform(0.3F, 1);
  float x = random.uniform(0, source_width - part_width);
  float y = random.uniform(0, source_height - part_width / aspect);
  if (with_found) {
    const output::Detection& box = draw_.find(index, random);
    part_width = std::min((box.x1 - box.x0) * width / found_width, widest);
    // The find in the middle, give or take a quarter of the video.
    x = (box.x0 + box.x1) / 2 - part_width * random.uniform(0.3F, 0.7F);
    y = (box.y0 + box.y1) / 2 - part_width / aspect * random.uniform(0.3F, 0.6F);
    x = std::clamp(x, 0.0F, source_width - part_width);
    y = std::clamp(y, 0.0F, std::max(0.0F, source_height - part_width / aspect));
  }
  auto picture = eval::crop(*source, x, y, part_width, part_width / aspect, pixels(width), pixels(width / aspect));
  if (!picture) return picture;
  if (random.chance(0.5F)) flip(*picture);
  change_webcam_light(*picture, random);
  return picture;
}

Result<void> ScreenComposer::inset(eval::RgbImage& canvas, Random& random) const {
  const auto width = static_cast<float>(canvas.width);
  const auto height = static_cast<float>(canvas.height);
  const float found_width = width * random.log_uniform(0.025F, 0.12F);
  const float aspect = kVideoAspects[random.index(kVideoAspects.size())];
  const float video_width =
      std::min({found_width / random.log_uniform(0.12F, 0.6F), 0.5F * width, 0.7F * height * aspect});
  const bool with_found = draw_.has_found() && random.chance(kFoundShare);
  auto picture = video(aspect, video_width, with_found, found_width, random);
  if (!picture) return fail(picture.error());
  // Most stand in a corner or along an edge, some anywhere.
  const float free_x = std::max(0.0F, width - static_cast<float>(picture->width));
  const float free_y = std::max(0.0F, height - static_cast<float>(picture->height));
  const auto place = [&](float free) {
    if (random.chance(0.3F)) return random.uniform(0, free);
    const float margin = std::min(random.uniform(0, 0.05F) * width, free);
    return random.chance(0.5F) ? margin : free - margin;
  };
  const PatchShape shape =
      random.chance(0.15F) ? PatchShape{random.uniform(2, 4), 0.03F} : PatchShape{40, random.uniform(0.005F, 0.03F)};
  const float left = place(free_x);
  const float top = place(free_y);
  blend(canvas, *picture, left, top, shape);
  return {};
}

Result<void> ScreenComposer::tiles(eval::RgbImage& canvas, Random& random) const {
  // A row, a column or a grid of equal video pictures, as calls show their participants.
  const std::size_t across = 1 + random.index(4);
  const std::size_t down = 1 + random.index(across == 1 ? 4 : 3);
  const float aspect = kVideoAspects[random.index(2)];
  const auto canvas_width = static_cast<float>(canvas.width);
  const auto canvas_height = static_cast<float>(canvas.height);
  const float most =
      std::min(canvas_width / static_cast<float>(across), canvas_height / static_cast<float>(down) * aspect);
  const float step = std::min(most, canvas_width * random.log_uniform(0.1F, 0.5F));
  const float left = random.uniform(0, canvas_width - step * static_cast<float>(across));
  const float top = random.uniform(0, canvas_height - step / aspect * static_cast<float>(down));
  const bool anybody = draw_.has_found() && random.chance(kFoundShare);
  for (std::size_t i = 0; i < across * down; ++i) {
    if (random.chance(0.2F)) continue;
    const float width = step * 0.94F;
    const bool with_found = anybody && random.chance(0.4F);
    const float found_width = width * random.log_uniform(0.12F, 0.5F);
    auto picture = video(aspect, width, with_found, found_width, random);
    if (!picture) return fail(picture.error());
    blend(canvas, *picture, left + step * static_cast<float>(i % across),
          top + step / aspect * static_cast<float>(i / across), {40, 0.01F});
  }
  return {};
}

}  // namespace sluice::train
