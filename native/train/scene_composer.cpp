#include "native/train/scene_composer.hpp"

#include <algorithm>
#include <array>

#include "native/train/compositing.hpp"
#include "native/train/photometry.hpp"

namespace sluice::train {
namespace {

constexpr std::array<std::array<std::uint32_t, 2>, 6> kAspects{{{4, 3}, {4, 3}, {16, 9}, {16, 9}, {1, 1}, {3, 4}}};

}  // namespace

SceneComposer::SceneComposer(const PicturePool& pool, std::uint32_t max_side)
    : pool_(pool), draw_(pool), max_side_(max_side) {}

Result<eval::RgbImage> SceneComposer::compose(std::uint64_t seed) const {
  if (draw_.empty()) return fail(ErrorCode::kInvalidArgument, "there are no training pictures to draw from");
  Random random(seed);
  auto canvas = background(random);
  if (!canvas) return canvas;
  if (random.chance(0.5F)) {
    const int patches = random.chance(0.2F) ? 2 : 1;
    for (int i = 0; i < patches; ++i) {
      const bool with_found = draw_.has_found() && random.chance(0.65F);
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
  const bool found = draw_.has_found() && random.chance(0.3F);
  auto source = pool_.load(found ? draw_.with_found(random) : draw_.any(random));
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
  const std::size_t index = draw_.with_found(random);
  auto source = pool_.load(index);
  if (!source) return fail(source.error());
  const output::Detection& box = draw_.find(index, random);
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
  auto source = pool_.load(draw_.any(random));
  if (!source) return fail(source.error());
  const float share = random.log_uniform(0.15F, 0.8F);
  const float part_width = std::max(4.0F, static_cast<float>(source->width) * share);
  const float part_height = std::max(4.0F, static_cast<float>(source->height) * share);
  const float x = random.uniform(0, static_cast<float>(source->width) - part_width);
  const float y = random.uniform(0, static_cast<float>(source->height) - part_height);
  auto part = eval::crop(*source, x, y, part_width, part_height, static_cast<std::uint32_t>(part_width),
                         static_cast<std::uint32_t>(part_height));
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
  blend(canvas, *scaled, left, top, {roundness, random.uniform(0.02F, 0.35F)});
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
  const float left = random.uniform(0, static_cast<float>(canvas.width - width));
  const float top = random.uniform(0, static_cast<float>(canvas.height - height));
  const float roundness = random.uniform(2.0F, 40.0F);
  blend(canvas, *scaled, left, top, {roundness, random.uniform(0.02F, 0.3F)});
  return {};
}

}  // namespace sluice::train
