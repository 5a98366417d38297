#include "core/input/image_tensor.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace sluice::input {
namespace {

// Pixel values within this file are in 1/256 (0..65280), as PlaneResampler writes them.
constexpr std::int32_t kWhite = 255 * 256;

std::size_t channel_count(Channels channels) { return channels == Channels::kGray ? 1 : 3; }

// Channels stored in each plane of a format.
struct PlaneLayout {
  std::uint32_t channels = 0;
  std::uint32_t cell = 1;  // 2: chroma, halved both ways
};

std::array<PlaneLayout, 3> plane_layouts(PixelFormat format, Channels wanted) {
  const bool gray = wanted == Channels::kGray;
  switch (format) {
    case PixelFormat::kRgba8:
    case PixelFormat::kBgra8: return {{{4, 1}}};
    case PixelFormat::kRgb8:
    case PixelFormat::kBgr8: return {{{3, 1}}};
    case PixelFormat::kGray8: return {{{1, 1}}};
    case PixelFormat::kI420:
      if (gray) return {{{1, 1}}};
      return {{{1, 1}, {1, 2}, {1, 2}}};
    case PixelFormat::kNv12:
      if (gray) return {{{1, 1}}};
      return {{{1, 1}, {2, 2}}};
  }
  return {};
}

std::uint16_t clamp_value(std::int32_t value) { return static_cast<std::uint16_t>(std::clamp(value, 0, kWhite)); }

// BT.601, limited range. 13 bits of fraction: the largest sum then stays within 32 bits.
constexpr std::int32_t kYuvBits = 13;
constexpr std::int32_t kYuvHalf = 1 << (kYuvBits - 1);
constexpr std::int32_t kLuma = 9539;        // 255 / 219
constexpr std::int32_t kRedFromV = 13075;   // 1.402 * 255 / 224
constexpr std::int32_t kGreenFromU = 3209;  // 0.344136 * 255 / 224
constexpr std::int32_t kGreenFromV = 6660;  // 0.714136 * 255 / 224
constexpr std::int32_t kBlueFromU = 16525;  // 1.772 * 255 / 224

std::int32_t luma(std::uint16_t y) { return (std::int32_t{y} - 16 * 256) * kLuma + kYuvHalf; }

// Rows of one picture in its stored colours -> rows of the tensor's channels.
void yuv_to_gray(const std::uint16_t* y, std::size_t width, std::uint16_t* gray) {
  for (std::size_t x = 0; x < width; ++x) gray[x] = clamp_value(luma(y[x]) >> kYuvBits);
}

void yuv_to_rgb(const std::uint16_t* y, const std::uint16_t* u, const std::uint16_t* v, std::size_t chroma_step,
                std::size_t width, std::uint16_t* red, std::uint16_t* green, std::uint16_t* blue) {
  for (std::size_t x = 0; x < width; ++x) {
    const std::int32_t base = luma(y[x]);
    const std::int32_t du = std::int32_t{u[x * chroma_step]} - 128 * 256;
    const std::int32_t dv = std::int32_t{v[x * chroma_step]} - 128 * 256;
    red[x] = clamp_value((base + kRedFromV * dv) >> kYuvBits);
    green[x] = clamp_value((base - kGreenFromU * du - kGreenFromV * dv) >> kYuvBits);
    blue[x] = clamp_value((base + kBlueFromU * du) >> kYuvBits);
  }
}

void rgb_to_gray(const std::uint16_t* red, const std::uint16_t* green, const std::uint16_t* blue, std::size_t step,
                 std::size_t width, std::uint16_t* gray) {
  for (std::size_t x = 0; x < width; ++x) {
    const std::uint32_t sum = 19595U * red[x * step] + 38470U * green[x * step] + 7471U * blue[x * step];
    gray[x] = static_cast<std::uint16_t>((sum + 32768U) >> 16);
  }
}

void pick(const std::uint16_t* values, std::size_t step, std::size_t width, std::uint16_t* out) {
  for (std::size_t x = 0; x < width; ++x) out[x] = values[x * step];
}

// value = (pixel - mean) * scale. Subtract, then multiply: nothing to fuse, so every machine rounds alike.
void normalise(const std::uint16_t* values, std::size_t width, float mean, float scale, float* out) {
  for (std::size_t x = 0; x < width; ++x) {
    const float pixel = static_cast<float>(values[x]) * (1.0F / 256.0F);  // exact
    out[x] = (pixel - mean) * scale;
  }
}

// The longer side fills the tensor, the other keeps the aspect, rounded to the nearest pixel.
std::uint32_t fitted(std::uint64_t side, std::uint64_t other_side, std::uint64_t other_target) {
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (side * other_target + other_side / 2) / other_side));
}

}  // namespace

ImageToTensor::ImageToTensor(const ImageSpec& spec) : spec_(spec) {}

Result<ImageToTensor> ImageToTensor::create(const ImageSpec& spec) {
  if (spec.width == 0 || spec.height == 0 || spec.width > kMaxImageSide || spec.height > kMaxImageSide) {
    return fail(ErrorCode::kInvalidArgument, {"a picture input of ", spec.width, " x ", spec.height,
                                              " pixels; each side must be 1 to ", kMaxImageSide});
  }
  bool finite = std::isfinite(spec.fill);
  for (std::size_t c = 0; c < 3; ++c) finite = finite && std::isfinite(spec.mean[c]) && std::isfinite(spec.scale[c]);
  if (!finite)
    return fail(ErrorCode::kInvalidArgument, "a picture input whose mean, scale or fill is not a finite number");
  return ImageToTensor(spec);
}

Shape ImageToTensor::tensor_shape() const {
  return {1, static_cast<std::int64_t>(channel_count(spec_.channels)), std::int64_t{spec_.height},
          std::int64_t{spec_.width}};
}

void ImageToTensor::prepare(const ImageView& image) {
  picture_width_ = spec_.width;
  picture_height_ = spec_.height;
  if (spec_.fit == Fit::kLetterbox) {
    const bool wide = std::uint64_t{image.width} * spec_.height >= std::uint64_t{image.height} * spec_.width;
    if (wide) {
      picture_height_ = std::min(spec_.height, fitted(image.height, image.width, spec_.width));
    } else {
      picture_width_ = std::min(spec_.width, fitted(image.width, image.height, spec_.height));
    }
  }
  const auto layouts = plane_layouts(image.format, spec_.channels);
  for (std::size_t p = 0; p < layouts.size(); ++p) {
    rows_[p].assign(std::size_t{picture_width_} * layouts[p].channels, 0);
    if (layouts[p].channels == 0) continue;
    planes_[p].prepare({image.width, image.height}, {picture_width_, picture_height_}, layouts[p].cell,
                       layouts[p].channels);
  }
  colours_.assign(std::size_t{picture_width_} * 3, 0);
  format_ = image.format;
  source_width_ = image.width;
  source_height_ = image.height;
}

Result<Placement> ImageToTensor::run(const ImageView& image, MutableTensorView tensor) {
  const std::size_t channels = channel_count(spec_.channels);
  const std::size_t area = std::size_t{spec_.width} * spec_.height;
  if (tensor.type != DataType::kFloat32) {
    return fail(ErrorCode::kTypeMismatch,
                {"a picture is written to a float32 tensor, not to ", type_name(tensor.type)});
  }
  if (tensor.shape != tensor_shape() || tensor.bytes.size() != channels * area * sizeof(float)) {
    return fail(ErrorCode::kShapeMismatch, {"a picture is written to a tensor of shape ", to_string(tensor_shape()),
                                            ", not ", to_string(tensor.shape), " of ", tensor.bytes.size(), " bytes"});
  }
  const auto layouts = plane_layouts(image.format, spec_.channels);
  bool present = layouts[0].channels != 0;
  for (std::size_t p = 0; p < layouts.size(); ++p)
    present = present && (layouts[p].channels == 0 || image.planes[p].data);
  if (!present || image.width == 0 || image.height == 0 || image.width > kMaxImageSide ||
      image.height > kMaxImageSide) {
    return fail(ErrorCode::kInvalidImage, {"not a picture: ", image.width, " x ", image.height, " pixels of format ",
                                           static_cast<unsigned>(image.format)});
  }
  if (image.width != source_width_ || image.height != source_height_ || image.format != format_) prepare(image);

  const std::size_t width = picture_width_;
  const std::span<float> values = tensor.as<float>();
  for (std::uint32_t y = 0; y < spec_.height; ++y) {
    const bool inside = y < picture_height_;
    if (inside) colour_row(image, y);
    for (std::size_t c = 0; c < channels; ++c) {
      float* out = values.data() + c * area + std::size_t{y} * spec_.width;
      float* rest = out;
      if (inside) {
        normalise(colours_.data() + c * width, width, spec_.mean[c], spec_.scale[c], out);
        rest += width;
      }
      std::fill(rest, out + spec_.width, (spec_.fill - spec_.mean[c]) * spec_.scale[c]);
    }
  }
  return Placement{static_cast<float>(picture_width_) / static_cast<float>(image.width),
                   static_cast<float>(picture_height_) / static_cast<float>(image.height)};
}

void ImageToTensor::colour_row(const ImageView& image, std::uint32_t y) {
  const auto layouts = plane_layouts(image.format, spec_.channels);
  for (std::size_t p = 0; p < layouts.size(); ++p) {
    if (layouts[p].channels != 0) planes_[p].row(image.planes[p], y, rows_[p]);
  }
  const std::size_t width = picture_width_;
  const bool gray = spec_.channels == Channels::kGray;
  const bool bgr_tensor = spec_.channels == Channels::kBgr;
  std::uint16_t* const first = colours_.data();
  std::uint16_t* const green = first + width;
  std::uint16_t* const red = bgr_tensor ? first + 2 * width : first;
  std::uint16_t* const blue = bgr_tensor ? first : first + 2 * width;
  const std::uint16_t* const pixels = rows_[0].data();

  switch (image.format) {
    case PixelFormat::kGray8:
      pick(pixels, 1, width, first);
      if (!gray) {
        pick(pixels, 1, width, green);
        pick(pixels, 1, width, first + 2 * width);
      }
      return;
    case PixelFormat::kI420:
    case PixelFormat::kNv12: {
      if (gray) return yuv_to_gray(pixels, width, first);
      const bool planar = image.format == PixelFormat::kI420;
      const std::uint16_t* u = rows_[1].data();
      const std::uint16_t* v = planar ? rows_[2].data() : u + 1;
      return yuv_to_rgb(pixels, u, v, planar ? 1 : 2, width, red, green, blue);
    }
    case PixelFormat::kRgba8:
    case PixelFormat::kRgb8:
    case PixelFormat::kBgr8:
    case PixelFormat::kBgra8: {
      const std::size_t step = layouts[0].channels;
      const bool bgr = image.format == PixelFormat::kBgr8 || image.format == PixelFormat::kBgra8;
      const std::uint16_t* r = pixels + (bgr ? 2 : 0);
      const std::uint16_t* g = pixels + 1;
      const std::uint16_t* b = pixels + (bgr ? 0 : 2);
      if (gray) return rgb_to_gray(r, g, b, step, width, first);
      pick(r, step, width, red);
      pick(g, step, width, green);
      pick(b, step, width, blue);
      return;
    }
  }
}

}  // namespace sluice::input
