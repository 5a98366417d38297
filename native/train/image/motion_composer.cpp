#include "native/train/image/motion_composer.hpp"

#include <algorithm>
#include <cmath>

#include "native/train/image/compositing.hpp"
#include "native/train/image/photometry.hpp"

namespace sluice::train {
namespace {

// About normal: the sum of four uniform numbers.
float step(Random& random, float deviation) {
  float sum = 0;
  for (int i = 0; i < 4; ++i) sum += random.uniform(-1, 1);
  return sum * deviation * 0.866F;
}

}  // namespace

MotionComposer::MotionComposer(const PicturePool& pool, std::uint32_t max_side)
    : source_(pool, max_side), max_side_(max_side) {}

Result<void> MotionComposer::compose(std::uint64_t seed, std::uint32_t pictures, const Visit& visit) const {
  if (source_.empty()) return fail(ErrorCode::kInvalidArgument, "there are no training pictures to draw from");
  Random random(seed);
  std::vector<Scene> scenes;
  const std::size_t count = random.chance(0.45F) ? 2 : 1;
  for (std::size_t i = 0; i < count; ++i) {
    auto scene = make_scene(random);
    if (!scene) return fail(scene.error());
    scenes.push_back(std::move(*scene));
  }
  const float cut = random.chance(0.4F) ? 0.25F : 0.08F;  // chance of a cut at each picture, where there are two scenes
  const float flicker = random.chance(0.5F) ? 0.0F : random.uniform(0.005F, 0.08F);
  std::size_t current = 0;
  for (std::uint32_t i = 0; i < pictures; ++i) {
    if (i > 0 && scenes.size() > 1 && random.chance(cut)) current = 1 - current;
    Scene& scene = scenes[current];
    const float time = static_cast<float>(i) / static_cast<float>(std::max(pictures, 2U) - 1);
    for (Actor& actor : scene.actors) {
      actor.x += step(random, actor.tremble);
      actor.y += step(random, actor.tremble);
    }
    auto picture = draw(scene, time, flicker, random);
    if (!picture) return fail(picture.error());
    if (auto visited = visit(*picture, i); !visited) return visited;
  }
  return {};
}

Result<MotionComposer::Scene> MotionComposer::make_scene(Random& random) const {
  auto background = source_.background(random);
  if (!background) return fail(background.error());
  Scene scene;
  scene.background = std::move(*background);
  scene.light_seed = random.chance(0.7F) ? static_cast<std::uint64_t>(random.index(1'000'000)) + 1 : 0;
  const float kind = random.uniform();
  if (kind > 0.45F) {  // not a camera that stands
    scene.zoom = random.uniform(0.7F, 0.95F);
    scene.x = random.uniform();
    scene.y = random.uniform();
    if (kind > 0.65F) {
      const float speed = random.log_uniform(0.1F, 2.0F);
      scene.across = random.uniform(-speed, speed);
      scene.down = random.uniform(-speed, speed) * 0.5F;
    } else {
      scene.tremble = random.log_uniform(0.005F, 0.08F);
    }
  }
  const std::size_t actors = random.chance(0.2F) ? 0 : random.chance(0.3F) ? 2 : 1;
  for (std::size_t i = 0; i < actors; ++i) {
    auto actor = make_actor(scene.background.width, random);
    if (!actor) return fail(actor.error());
    if (actor->picture.width > 0) scene.actors.push_back(std::move(*actor));
  }
  return scene;
}

Result<MotionComposer::Actor> MotionComposer::make_actor(std::uint32_t canvas_width, Random& random) const {
  const bool with_found = source_.has_found() && random.chance(0.75F);
  auto patch = with_found ? source_.patch_with_found(random) : source_.patch_of_anything(random);
  if (!patch) return fail(patch.error());
  const float wide = static_cast<float>(canvas_width) * random.log_uniform(0.06F, 0.4F);
  const float limit =
      1.2F * static_cast<float>(max_side_) / static_cast<float>(std::max(patch->picture.width, patch->picture.height));
  const float factor = std::min(wide / patch->subject_width, limit);
  const auto width = static_cast<std::uint32_t>(static_cast<float>(patch->picture.width) * factor);
  const auto height = static_cast<std::uint32_t>(static_cast<float>(patch->picture.height) * factor);
  Actor actor;
  if (width < 6 || height < 6) return actor;
  auto scaled = eval::crop(patch->picture, 0, 0, static_cast<float>(patch->picture.width),
                           static_cast<float>(patch->picture.height), width, height);
  if (!scaled) return fail(scaled.error());
  actor.picture = std::move(*scaled);
  if (random.chance(0.5F)) flip(actor.picture);
  const float share = static_cast<float>(width) / static_cast<float>(canvas_width);
  actor.x = random.uniform(-0.2F * share, 1 - 0.8F * share);
  actor.y = random.uniform(-0.1F, 0.6F);
  if (random.chance(0.55F)) {
    const float speed = random.log_uniform(0.02F, 1.2F);
    actor.across = random.chance(0.5F) ? speed : -speed;
    actor.down = random.uniform(-0.3F, 0.3F) * speed;
  }
  if (random.chance(0.5F)) actor.tremble = random.log_uniform(0.002F, 0.03F);
  if (random.chance(0.25F)) actor.growth = random.log_uniform(0.6F, 1.6F);
  if (random.chance(0.4F)) actor.enters = random.uniform(0, 0.7F);
  if (random.chance(0.3F)) actor.leaves = random.uniform(actor.enters + 0.1F, 1.1F);
  actor.roundness = random.chance(0.3F) ? 40.0F : random.uniform(2.0F, 6.0F);
  actor.rim = random.uniform(0.02F, 0.35F);
  return actor;
}

Result<eval::RgbImage> MotionComposer::draw(const Scene& scene, float time, float flicker, Random& random) {
  const auto width = static_cast<float>(scene.background.width);
  const auto height = static_cast<float>(scene.background.height);
  // Turns back at the edge, so that what is shown stays within the background.
  const auto bounced = [](float place) {
    const float turn = place - 2 * std::floor(place / 2);
    return turn <= 1 ? turn : 2 - turn;
  };
  const float free = 1 - scene.zoom;
  const float x = bounced(scene.x + scene.across * time + step(random, scene.tremble)) * free * width;
  const float y = bounced(scene.y + scene.down * time + step(random, scene.tremble)) * free * height;
  auto canvas = eval::crop(scene.background, x, y, width * scene.zoom, height * scene.zoom, scene.background.width,
                           scene.background.height);
  if (!canvas) return canvas;
  for (const Actor& actor : scene.actors) {
    if (time < actor.enters || time > actor.leaves) continue;
    const float size = std::pow(actor.growth, time);
    const auto wide = static_cast<std::uint32_t>(static_cast<float>(actor.picture.width) * size);
    const auto high = static_cast<std::uint32_t>(static_cast<float>(actor.picture.height) * size);
    if (wide < 4 || high < 4) continue;
    auto scaled = eval::crop(actor.picture, 0, 0, static_cast<float>(actor.picture.width),
                             static_cast<float>(actor.picture.height), wide, high);
    if (!scaled) return scaled;
    blend(*canvas, *scaled, (actor.x + actor.across * time) * width, (actor.y + actor.down * time) * height,
          {actor.roundness, actor.rim});
  }
  if (scene.light_seed != 0) {
    Random light(scene.light_seed);  // the same for every picture of the scene
    change_light(*canvas, light);
  }
  if (flicker > 0) change_exposure(*canvas, 1 + step(random, flicker));
  return canvas;
}

}  // namespace sluice::train
