#include "native/train/image/scene_composer.hpp"

#include <algorithm>

#include "native/train/image/compositing.hpp"
#include "native/train/image/photometry.hpp"

namespace sluice::train {
SceneComposer::SceneComposer(const PicturePool& pool, std::uint32_t max_side)
    : source_(pool, max_side), max_side_(max_side) {}

Result<eval::RgbImage> SceneComposer::compose(std::uint64_t seed) const {
  if (source_.empty()) return fail(ErrorCode::kInvalidArgument, "there are no training pictures to draw from");
  Random random(seed);
  auto canvas = source_.background(random);
  if (!canvas) return canvas;
  if (random.chance(0.5F)) {
    const int patches = random.chance(0.2F) ? 2 : 1;
    for (int i = 0; i < patches; ++i) {
      const bool with_found = source_.has_found() && random.chance(0.65F);
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

Result<void> SceneComposer::paste(eval::RgbImage& canvas, Random& random, bool with_found) const {
  auto patch = with_found ? source_.patch_with_found(random) : source_.patch_of_anything(random);
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
  auto patch = source_.patch_of_anything(random);
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
