#include "native/train/gate_loss.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::train {
namespace {

constexpr float kCore = 0.3F;  // half-width of the part of a find that surely shows it, in box sides

}  // namespace

GateTargets make_targets(std::span<const Sample> samples, std::span<const bool> flipped, const GateDesign& design,
                         float score_threshold) {
  const auto count = static_cast<std::int64_t>(samples.size());
  const std::int64_t wide = design.places_wide();
  const std::int64_t high = design.places_high();
  GateTargets targets{torch::zeros({count}), torch::zeros({count, high, wide}), torch::ones({count, high, wide})};
  auto needed = targets.needed.accessor<float, 1>();
  auto place = targets.place.accessor<float, 3>();
  auto weight = targets.weight.accessor<float, 3>();
  const auto cell_x = static_cast<float>(design.stride()) / static_cast<float>(design.width);
  const auto cell_y = static_cast<float>(design.stride()) / static_cast<float>(design.height);
  for (std::int64_t n = 0; n < count; ++n) {
    const Sample& sample = samples[static_cast<std::size_t>(n)];
    needed[n] = sample.needed ? 1.0F : 0.0F;
    // A picture that needs the model for no place that is known says nothing about single places.
    if (sample.needed && std::none_of(sample.places.begin(), sample.places.end(),
                                      [&](const auto& p) { return p.score >= score_threshold; })) {
      targets.weight[n].zero_();
      continue;
    }
    for (const auto& found : sample.places) {
      const bool mirrored = flipped[static_cast<std::size_t>(n)];
      const float centre_x = mirrored ? 1 - (found.x0 + found.x1) / 2 : (found.x0 + found.x1) / 2;
      const float centre_y = (found.y0 + found.y1) / 2;
      const float width = std::max(found.x1 - found.x0, cell_x);
      const float height = std::max(found.y1 - found.y0, cell_y);
      for (std::int64_t y = 0; y < high; ++y) {
        const float dy = std::abs((static_cast<float>(y) + 0.5F) * cell_y - centre_y);
        if (dy > 0.5F * height + cell_y) continue;
        for (std::int64_t x = 0; x < wide; ++x) {
          const float dx = std::abs((static_cast<float>(x) + 0.5F) * cell_x - centre_x);
          if (dx > 0.5F * width + cell_x) continue;
          const bool core =
              dx <= std::max(kCore * width, 0.51F * cell_x) && dy <= std::max(kCore * height, 0.51F * cell_y);
          if (core && found.score >= score_threshold) {
            place[n][y][x] = 1;
            weight[n][y][x] = 1;
          } else if (place[n][y][x] < 0.5F) {
            weight[n][y][x] = 0;
          }
        }
      }
    }
  }
  return targets;
}

torch::Tensor gate_loss(const torch::Tensor& logits, const GateTargets& targets, double place_weight) {
  const torch::Tensor places = logits.squeeze(1);
  const torch::Tensor picture = torch::binary_cross_entropy_with_logits(places.flatten(1).amax(1), targets.needed);
  if (place_weight <= 0) return picture;
  // Full and empty places weigh the same in sum, however few the full ones are.
  const torch::Tensor each =
      torch::binary_cross_entropy_with_logits(places, targets.place, {}, {}, at::Reduction::None) * targets.weight;
  const torch::Tensor full = targets.place * targets.weight;
  const torch::Tensor empty = (1 - targets.place) * targets.weight;
  const torch::Tensor of_full = (each * full).sum() / full.sum().clamp_min(1);
  // Empty places are weighed by how wrong they are (focal loss with gamma 2; Lin et al., ICCV'17), since most are easy.
  const torch::Tensor wrong = torch::sigmoid(places.detach());
  const torch::Tensor hard = empty * wrong * wrong;
  const torch::Tensor of_empty = (each * hard).sum() / full.sum().clamp_min(1);
  return picture + place_weight * (of_full + of_empty);
}

}  // namespace sluice::train
