#include "native/train/image/photometry.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sluice::train {
namespace {

using Curve = std::array<std::uint8_t, 256>;

template <typename Function>
Curve curve(Function value) {
  Curve table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = static_cast<std::uint8_t>(std::clamp(value(static_cast<float>(i)) + 0.5F, 0.0F, 255.0F));
  }
  return table;
}

void apply_curves(eval::RgbImage& image, const std::array<Curve, 3>& curves) {
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = curves[i % 3][image.pixels[i]];
}

void make_grey(eval::RgbImage& image) {
  for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
    const float luma = 0.299F * image.pixels[i] + 0.587F * image.pixels[i + 1] + 0.114F * image.pixels[i + 2];
    std::fill_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(i), 3, static_cast<std::uint8_t>(luma + 0.5F));
  }
}

// Box blur of (2 radius + 1) pixels along one axis: `stride` between neighbours, `lines` x `length` pixels.
void blur_axis(eval::RgbImage& image, std::size_t stride, std::size_t line_stride, std::size_t lines,
               std::size_t length, int radius) {
  std::vector<std::uint8_t> line(length);
  const auto last = static_cast<int>(length) - 1;
  for (std::size_t l = 0; l < lines; ++l) {
    for (std::size_t c = 0; c < 3; ++c) {
      std::uint8_t* start = image.pixels.data() + l * line_stride + c;
      for (std::size_t i = 0; i < length; ++i) line[i] = start[i * stride];
      int sum = 0;
      for (int i = -radius; i <= radius; ++i) sum += line[static_cast<std::size_t>(std::clamp(i, 0, last))];
      for (int i = 0; i <= last; ++i) {
        start[static_cast<std::size_t>(i) * stride] = static_cast<std::uint8_t>(sum / (2 * radius + 1));
        sum += line[static_cast<std::size_t>(std::min(i + radius + 1, last))] -
               line[static_cast<std::size_t>(std::max(i - radius, 0))];
      }
    }
  }
}

void blur(eval::RgbImage& image, int across, int down) {
  const std::size_t row = std::size_t{image.width} * 3;
  if (across > 0) blur_axis(image, 3, row, image.height, image.width, across);
  if (down > 0) blur_axis(image, row, 3, image.width, image.height, down);
}

void add_noise(eval::RgbImage& image, float amount, Random& random) {
  std::array<int, 4096> noise{};
  for (int& value : noise) {
    const float normal =
        random.uniform() + random.uniform() + random.uniform() + random.uniform() - 2;  // nearly Gaussian
    value = static_cast<int>(normal * amount * 1.7F);
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    if (i % noise.size() == 0) at = random.index(noise.size());
    image.pixels[i] = static_cast<std::uint8_t>(std::clamp(image.pixels[i] + noise[(at + i) % noise.size()], 0, 255));
  }
}

}  // namespace

void change_exposure(eval::RgbImage& image, float factor) {
  const Curve table = curve([&](float value) { return value * factor; });
  apply_curves(image, {table, table, table});
}

void change_contrast(eval::RgbImage& image, float factor, float towards) {
  const Curve table = curve([&](float value) { return towards + (value - towards) * factor; });
  apply_curves(image, {table, table, table});
}

void change_light(eval::RgbImage& image, Random& random) {
  if (random.chance(0.7F)) {
    const float gamma = random.log_uniform(0.55F, 1.8F);
    const float contrast = random.log_uniform(0.6F, 1.4F);
    const float exposure = random.log_uniform(0.6F, 1.4F);
    std::array<Curve, 3> curves;
    for (Curve& table : curves) {
      const float cast = random.log_uniform(0.85F, 1.18F);
      table = curve([&](float value) {
        const float bent = 255 * std::pow(value / 255, gamma) * exposure * cast;
        return (bent - 128) * contrast + 128;
      });
    }
    apply_curves(image, curves);
  }
  if (random.chance(0.08F)) make_grey(image);
  if (random.chance(0.15F)) {
    const int radius = 1 + static_cast<int>(random.index(4));
    const bool motion = random.chance(0.5F);
    blur(image, radius, motion ? 0 : radius);
  }
  if (random.chance(0.15F)) {
    const float factor = random.uniform(0.25F, 0.7F);
    const auto scaled = [&](std::uint32_t side) {
      return std::max(8U, static_cast<std::uint32_t>(static_cast<float>(side) * factor));
    };
    const auto width = static_cast<float>(image.width);
    const auto height = static_cast<float>(image.height);
    auto coarse = eval::crop(image, 0, 0, width, height, scaled(image.width), scaled(image.height));
    if (coarse) {
      auto back = eval::crop(*coarse, 0, 0, static_cast<float>(coarse->width), static_cast<float>(coarse->height),
                             image.width, image.height);
      if (back) image = std::move(*back);
    }
  }
  if (random.chance(0.25F)) add_noise(image, random.log_uniform(2.0F, 20.0F), random);
}

}  // namespace sluice::train
