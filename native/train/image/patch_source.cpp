#include "native/train/image/patch_source.hpp"

#include <algorithm>
#include <array>

namespace sluice::train {
namespace {

constexpr std::array<std::array<std::uint32_t, 2>, 6> kAspects{{{4, 3}, {4, 3}, {16, 9}, {16, 9}, {1, 1}, {3, 4}}};

}  // namespace

PatchSource::PatchSource(const PicturePool& pool, std::uint32_t max_side)
    : pool_(pool), draw_(pool), max_side_(max_side) {}

Result<eval::RgbImage> PatchSource::background(Random& random) const {
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

Result<Patch> PatchSource::patch_with_found(Random& random) const {
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

Result<Patch> PatchSource::patch_of_anything(Random& random) const {
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

}  // namespace sluice::train
