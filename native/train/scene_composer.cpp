#include "native/train/scene_composer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "native/train/photometry.hpp"

namespace sluice::train {
namespace {

constexpr float kSureScore = 0.5F;
constexpr std::array<std::array<std::uint32_t, 2>, 6> kAspects{{{4, 3}, {4, 3}, {16, 9}, {16, 9}, {1, 1}, {3, 4}}};

void flip(eval::RgbImage& image) {
  for (std::uint32_t y = 0; y < image.height; ++y) {
    auto* row = image.pixels.data() + std::size_t{y} * image.width * 3;
    for (std::uint32_t a = 0, b = image.width - 1; a < b; ++a, --b)
      std::swap_ranges(row + a * 3, row + a * 3 + 3, row + b * 3);
  }
}

// Opacity of a patch at (u, v) in [-1, 1]: a rounded shape between ellipse and rectangle with a soft rim.
float opacity(float u, float v, float roundness, float rim) {
  const float distance =
      std::pow(std::pow(std::abs(u), roundness) + std::pow(std::abs(v), roundness), 1.0F / roundness);
  return std::clamp((1.0F - distance) / rim, 0.0F, 1.0F);
}

void blend(eval::RgbImage& canvas, const eval::RgbImage& patch, float left, float top, float roundness, float rim) {
  const auto x0 = static_cast<std::int64_t>(left);
  const auto y0 = static_cast<std::int64_t>(top);
  for (std::uint32_t py = 0; py < patch.height; ++py) {
    const std::int64_t y = y0 + py;
    if (y < 0 || y >= canvas.height) continue;
    const float v = 2 * (static_cast<float>(py) + 0.5F) / static_cast<float>(patch.height) - 1;
    for (std::uint32_t px = 0; px < patch.width; ++px) {
      const std::int64_t x = x0 + px;
      if (x < 0 || x >= canvas.width) continue;
      const float u = 2 * (static_cast<float>(px) + 0.5F) / static_cast<float>(patch.width) - 1;
      const float alpha = opacity(u, v, roundness, rim);
      auto* to = canvas.pixels.data() + (static_cast<std::size_t>(y) * canvas.width + static_cast<std::size_t>(x)) * 3;
      const auto* from = patch.pixels.data() + (std::size_t{py} * patch.width + px) * 3;
      for (int c = 0; c < 3; ++c) {
        to[c] = static_cast<std::uint8_t>(static_cast<float>(to[c]) * (1 - alpha) +
                                          static_cast<float>(from[c]) * alpha + 0.5F);
      }
    }
  }
}

std::vector<std::vector<std::size_t>> group(const std::vector<PoolEntry>& entries, bool only_found) {
  std::vector<std::vector<std::size_t>> clips;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool found = std::any_of(entries[i].found.begin(), entries[i].found.end(),
                                   [](const auto& box) { return box.score >= kSureScore; });
    if (only_found && !found) continue;
    if (entries[i].clip >= clips.size()) clips.resize(entries[i].clip + 1);
    clips[entries[i].clip].push_back(i);
  }
  std::erase_if(clips, [](const auto& clip) { return clip.empty(); });
  return clips;
}

// A clip weighs as the square root of its pictures: long ones count for more, but not in proportion.
std::size_t draw(const std::vector<std::vector<std::size_t>>& clips, Random& random) {
  float total = 0;
  for (const auto& clip : clips) total += std::sqrt(static_cast<float>(clip.size()));
  float left = random.uniform() * total;
  for (const auto& clip : clips) {
    left -= std::sqrt(static_cast<float>(clip.size()));
    if (left < 0) return clip[random.index(clip.size())];
  }
  return clips.back().back();
}

}  // namespace

SceneComposer::SceneComposer(const PicturePool& pool, std::uint32_t max_side)
    : pool_(pool),
      max_side_(max_side),
      by_clip_(group(pool.entries(), false)),
      found_by_clip_(group(pool.entries(), true)) {}

Result<eval::RgbImage> SceneComposer::compose(std::uint64_t seed) const {
  if (by_clip_.empty()) return fail(ErrorCode::kInvalidArgument, "there are no training pictures to draw from");
  Random random(seed);
  auto canvas = background(random);
  if (!canvas) return canvas;
  if (random.chance(0.5F)) {
    const int patches = random.chance(0.2F) ? 2 : 1;
    for (int i = 0; i < patches; ++i) {
      const bool with_found = !found_by_clip_.empty() && random.chance(0.65F);
      if (auto pasted = paste(*canvas, random, with_found); !pasted) return fail(pasted.error());
    }
  }
  if (random.chance(0.08F)) {
    if (auto covered = cover(*canvas, random); !covered) return fail(covered.error());
  }
  if (random.chance(0.5F)) flip(*canvas);
  change_light(*canvas, random);
  return canvas;
}

Result<eval::RgbImage> SceneComposer::background(Random& random) const {
  // A frame with something found in it is drawn more often than chance would, so that both labels are common.
  const bool found = !found_by_clip_.empty() && random.chance(0.3F);
  auto source = pool_.load(draw(found ? found_by_clip_ : by_clip_, random));
  if (!source) return source;
  const auto width = static_cast<float>(source->width);
  const auto height = static_cast<float>(source->height);

  float aspect = width / height;
  if (random.chance(0.7F)) {
    const auto& [w, h] = kAspects[random.index(kAspects.size())];
    aspect = static_cast<float>(w) / static_cast<float>(h);
  }
  aspect = std::clamp(aspect, 0.5F, 2.0F);
  // The largest part with this aspect, then a zoom into it.
  const float whole_width = std::min(width, height * aspect);
  const float zoom = random.chance(0.3F) ? 1.0F : random.log_uniform(0.3F, 1.0F);
  const float part_width = whole_width * zoom;
  const float part_height = part_width / aspect;
  const float x = random.uniform(0, width - part_width);
  const float y = random.uniform(0, height - part_height);
  const float side = static_cast<float>(max_side_);
  const float out_width = aspect >= 1 ? side : side * aspect;
  const float out_height = aspect >= 1 ? side / aspect : side;
  return eval::crop(*source, x, y, part_width, part_height, static_cast<std::uint32_t>(out_width),
                    static_cast<std::uint32_t>(out_height));
}

Result<SceneComposer::Patch> SceneComposer::patch_with_found(Random& random) const {
  const std::size_t index = draw(found_by_clip_, random);
  auto source = pool_.load(index);
  if (!source) return fail(source.error());
  std::vector<output::Detection> sure = pool_.entries()[index].found;
  std::erase_if(sure, [](const auto& box) { return box.score < kSureScore; });
  const output::Detection& box = sure[random.index(sure.size())];
  const float width = box.x1 - box.x0;
  const float height = box.y1 - box.y0;
  const float margin = random.log_uniform(0.15F, 2.0F);
  const float below = margin * random.uniform(0.5F, 2.0F);  // shoulders and body
  const float left = box.x0 - width * margin * random.uniform(0.5F, 1.5F);
  const float right = box.x1 + width * margin * random.uniform(0.5F, 1.5F);
  const float top = box.y0 - height * margin * random.uniform(0.3F, 1.0F);
  const float bottom = box.y1 + height * below;
  const float x = std::max(left, 0.0F);
  const float y = std::max(top, 0.0F);
  const float part_width = std::min(right, static_cast<float>(source->width)) - x;
  const float part_height = std::min(bottom, static_cast<float>(source->height)) - y;
  if (part_width < 4 || part_height < 4) return patch_of_anything(random);
  auto part = eval::crop(*source, x, y, part_width, part_height, static_cast<std::uint32_t>(part_width),
                         static_cast<std::uint32_t>(part_height));
  if (!part) return fail(part.error());
  return Patch{std::move(*part), width};
}

Result<SceneComposer::Patch> SceneComposer::patch_of_anything(Random& random) const {
  auto source = pool_.load(draw(by_clip_, random));
  if (!source) return fail(source.error());
  const float share = random.log_uniform(0.15F, 0.8F);
  const float part_width = std::max(4.0F, static_cast<float>(source->width) * share);
  const float part_height = std::max(4.0F, static_cast<float>(source->height) * share);
  auto part = eval::crop(*source, random.uniform(0, static_cast<float>(source->width) - part_width),
                         random.uniform(0, static_cast<float>(source->height) - part_height), part_width, part_height,
                         static_cast<std::uint32_t>(part_width), static_cast<std::uint32_t>(part_height));
  if (!part) return fail(part.error());
  const float subject = part_width * random.uniform(0.25F, 0.8F);
  return Patch{std::move(*part), subject};
}

Result<void> SceneComposer::paste(eval::RgbImage& canvas, Random& random, bool with_found) const {
  auto patch = with_found ? patch_with_found(random) : patch_of_anything(random);
  if (!patch) return fail(patch.error());
  const float subject = static_cast<float>(max_side_) * random.log_uniform(0.04F, 0.45F);
  const float limit =
      1.2F * static_cast<float>(max_side_) / static_cast<float>(std::max(patch->picture.width, patch->picture.height));
  const float factor = std::min(subject / patch->subject_width, limit);
  const auto width = static_cast<std::uint32_t>(static_cast<float>(patch->picture.width) * factor);
  const auto height = static_cast<std::uint32_t>(static_cast<float>(patch->picture.height) * factor);
  if (width < 6 || height < 6) return {};
  auto scaled = eval::crop(patch->picture, 0, 0, static_cast<float>(patch->picture.width),
                           static_cast<float>(patch->picture.height), width, height);
  if (!scaled) return fail(scaled.error());
  if (random.chance(0.5F)) flip(*scaled);
  if (random.chance(0.5F)) change_exposure(*scaled, random.log_uniform(0.6F, 1.6F));
  const float left = random.uniform(-0.25F * static_cast<float>(width),
                                    static_cast<float>(canvas.width) - 0.75F * static_cast<float>(width));
  const float top = random.uniform(-0.2F * static_cast<float>(height),
                                   static_cast<float>(canvas.height) - 0.7F * static_cast<float>(height));
  const float roundness = random.chance(0.3F) ? 40.0F : random.uniform(2.0F, 6.0F);  // a third are screens and posters
  blend(canvas, *scaled, left, top, roundness, random.uniform(0.02F, 0.35F));
  return {};
}

Result<void> SceneComposer::cover(eval::RgbImage& canvas, Random& random) const {
  auto patch = patch_of_anything(random);
  if (!patch) return fail(patch.error());
  const auto width = static_cast<std::uint32_t>(static_cast<float>(canvas.width) * random.uniform(0.1F, 0.5F));
  const auto height = static_cast<std::uint32_t>(static_cast<float>(canvas.height) * random.uniform(0.1F, 0.6F));
  auto scaled = eval::crop(patch->picture, 0, 0, static_cast<float>(patch->picture.width),
                           static_cast<float>(patch->picture.height), std::max(width, 4U), std::max(height, 4U));
  if (!scaled) return fail(scaled.error());
  blend(canvas, *scaled, random.uniform(0, static_cast<float>(canvas.width - width)),
        random.uniform(0, static_cast<float>(canvas.height - height)), random.uniform(2.0F, 40.0F),
        random.uniform(0.02F, 0.3F));
  return {};
}

}  // namespace sluice::train
