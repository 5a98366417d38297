#include "native/eval/rgb_image.hpp"

#include <algorithm>
#include <cmath>

#include "core/input/image_tensor.hpp"

namespace sluice::eval {
namespace {

// Resamples through the core's own resizer, so that training sees what the product sees.
Result<RgbImage> resample(const input::ImageView& image, std::uint32_t width, std::uint32_t height) {
  input::ImageSpec spec;
  spec.width = width;
  spec.height = height;
  auto to_tensor = input::ImageToTensor::create(spec);
  if (!to_tensor) return fail(to_tensor.error());
  auto tensor = Tensor::create(DataType::kFloat32, to_tensor->tensor_shape());
  if (!tensor) return fail(tensor.error());
  if (auto placed = to_tensor->run(image, tensor->mutable_view()); !placed) return fail(placed.error());

  const auto values = tensor->as<float>();
  const std::size_t plane = std::size_t{width} * height;
  RgbImage out{width, height, std::vector<std::uint8_t>(plane * 3)};
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      out.pixels[i * 3 + c] = static_cast<std::uint8_t>(std::clamp(std::lround(values[c * plane + i]), 0L, 255L));
    }
  }
  return out;
}

}  // namespace

input::ImageView RgbImage::view() const {
  input::ImageView view;
  view.format = input::PixelFormat::kRgb8;
  view.width = width;
  view.height = height;
  view.planes[0] = {pixels.data(), std::size_t{width} * 3};
  return view;
}

Result<RgbImage> to_rgb(const input::ImageView& image, std::uint32_t max_side) {
  const std::uint32_t longer = std::max(image.width, image.height);
  if (longer <= max_side) return resample(image, image.width, image.height);
  const auto scaled = [&](std::uint32_t side) {
    return std::max(1U, static_cast<std::uint32_t>(std::uint64_t{side} * max_side / longer));
  };
  return resample(image, scaled(image.width), scaled(image.height));
}

Result<RgbImage> crop(const RgbImage& image, float x, float y, float width, float height, std::uint32_t out_width,
                      std::uint32_t out_height) {
  const auto last_x = static_cast<float>(image.width - 1);
  const auto last_y = static_cast<float>(image.height - 1);
  const auto left = static_cast<std::uint32_t>(std::clamp(x, 0.0F, last_x));
  const auto top = static_cast<std::uint32_t>(std::clamp(y, 0.0F, last_y));
  const auto right = static_cast<std::uint32_t>(std::clamp(x + width, static_cast<float>(left + 1), last_x + 1));
  const auto bottom = static_cast<std::uint32_t>(std::clamp(y + height, static_cast<float>(top + 1), last_y + 1));
  input::ImageView part = image.view();
  part.planes[0].data += (std::size_t{top} * image.width + left) * 3;
  part.width = right - left;
  part.height = bottom - top;
  return resample(part, out_width, out_height);
}

std::vector<std::uint8_t> to_planes(std::span<const float> tensor) {
  std::vector<std::uint8_t> bytes(tensor.size());
  std::transform(tensor.begin(), tensor.end(), bytes.begin(),
                 [](float value) { return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L)); });
  return bytes;
}

}  // namespace sluice::eval
