#include "core/input/image_tensor.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace sluice::input {
namespace {

// Pixel values within this file are in 1/256 (0..65280), as PlaneResampler writes them.
constexpr std::uint32_t kWhite = 255 * 256;

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

// Conversion in 13 bits of fraction: the largest sum then stays within 32 bits.
constexpr std::int32_t kYuvBits = 13;
constexpr std::int32_t kYuvHalf = 1 << (kYuvBits - 1);
constexpr std::int32_t kChromaZero = 128 * 256;

struct YuvFactors {
  std::int32_t luma_zero, luma, red_from_v, green_from_u, green_from_v, blue_from_u;
};

// `red` and `blue`: their shares of the luma.
constexpr YuvFactors yuv_factors(double red, double blue, bool full_range) {
  const auto fixed = [](double value) { return static_cast<std::int32_t>(value * (1 << kYuvBits) + 0.5); };
  const double green = 1 - red - blue;
  const double luma = full_range ? 1 : 255.0 / 219;
  const double chroma = full_range ? 1 : 255.0 / 224;
  return {full_range ? 0 : 16 * 256,
          fixed(luma),
          fixed(2 * (1 - red) * chroma),
          fixed(2 * (1 - blue) * blue / green * chroma),
          fixed(2 * (1 - red) * red / green * chroma),
          fixed(2 * (1 - blue) * chroma)};
}

constexpr std::array<YuvFactors, 4> kYuvFactors = {yuv_factors(0.299, 0.114, false), yuv_factors(0.299, 0.114, true),
                                                   yuv_factors(0.2126, 0.0722, false),
                                                   yuv_factors(0.2126, 0.0722, true)};

const YuvFactors& factors_of(YuvColours colours) { return kYuvFactors[static_cast<std::size_t>(colours)]; }

using Numbers = std::int32_t __attribute__((vector_size(2 * kLanes)));

Numbers numbers(HalfLanes32 lanes) { return reinterpret_cast<Numbers>(lanes); }

Numbers luma(HalfLanes32 y, const YuvFactors& yuv) { return (numbers(y) - yuv.luma_zero) * yuv.luma + kYuvHalf; }

// Drops the fraction of both halves and keeps them between black and white.
Lanes16 colour(Numbers low, Numbers high) {
  const auto above_black = [](Numbers value) {
    value >>= kYuvBits;
    return reinterpret_cast<HalfLanes32>(value > 0 ? value : Numbers{});
  };
  return narrow(above_black(low), above_black(high), kWhite);
}

// A block of a picture's stored colours -> blocks of the tensor's channels.
void yuv_to_gray(const std::uint16_t* y, std::size_t width, const YuvFactors& yuv, std::uint16_t* gray) {
  for (std::size_t i = 0; i < width * kLanes; i += kLanes) {
    const Lanes16 values = load_lanes(y + i);
    store_lanes(colour(luma(lower_half(values), yuv), luma(upper_half(values), yuv)), gray + i);
  }
}

void yuv_to_rgb(const std::uint16_t* y, const std::uint16_t* u, const std::uint16_t* v, std::size_t chroma_step,
                std::size_t width, const YuvFactors& yuv, std::uint16_t* red, std::uint16_t* green,
                std::uint16_t* blue) {
  for (std::size_t x = 0; x < width; ++x) {
    const Lanes16 luma_lanes = load_lanes(y + x * kLanes);
    const Lanes16 u_lanes = load_lanes(u + x * chroma_step);
    const Lanes16 v_lanes = load_lanes(v + x * chroma_step);
    const Numbers low = luma(lower_half(luma_lanes), yuv);
    const Numbers high = luma(upper_half(luma_lanes), yuv);
    const Numbers low_u = numbers(lower_half(u_lanes)) - kChromaZero;
    const Numbers high_u = numbers(upper_half(u_lanes)) - kChromaZero;
    const Numbers low_v = numbers(lower_half(v_lanes)) - kChromaZero;
    const Numbers high_v = numbers(upper_half(v_lanes)) - kChromaZero;
    store_lanes(colour(low + low_v * yuv.red_from_v, high + high_v * yuv.red_from_v), red + x * kLanes);
    store_lanes(colour(low - low_u * yuv.green_from_u - low_v * yuv.green_from_v,
                       high - high_u * yuv.green_from_u - high_v * yuv.green_from_v),
                green + x * kLanes);
    store_lanes(colour(low + low_u * yuv.blue_from_u, high + high_u * yuv.blue_from_u), blue + x * kLanes);
  }
}

void rgb_to_gray(const std::uint16_t* red, const std::uint16_t* green, const std::uint16_t* blue, std::size_t step,
                 std::size_t width, std::uint16_t* gray) {
  const auto weigh = [](HalfLanes32 r, HalfLanes32 g, HalfLanes32 b) {
    return (r * 19595U + g * 38470U + b * 7471U + 32768U) >> 16;
  };
  for (std::size_t x = 0; x < width; ++x, red += step, green += step, blue += step) {
    const Lanes16 r = load_lanes(red);
    const Lanes16 g = load_lanes(green);
    const Lanes16 b = load_lanes(blue);
    store_lanes(narrow(weigh(lower_half(r), lower_half(g), lower_half(b)),
                       weigh(upper_half(r), upper_half(g), upper_half(b)), kWhite),
                gray + x * kLanes);
  }
}

using Floats = float __attribute__((vector_size(2 * kLanes)));

// value = (pixel - mean) * scale. Subtract, then multiply: nothing to fuse, so every machine rounds alike.
void normalise(HalfLanes32 values, float mean, float scale, float* out) {
  const Floats pixels = __builtin_convertvector(numbers(values), Floats) * (1.0F / 256.0F);  // exact
  const Floats result = (pixels - mean) * scale;
  std::memcpy(out, &result, sizeof result);
}

// A block of `rows` rows of one channel, in the tensor's own order. `values` has whole tiles of kLanes columns.
void write_rows(const std::uint16_t* values, std::size_t step, std::size_t width, std::size_t rows, float mean,
                float scale, float* out, std::size_t out_stride) {
  for (std::size_t x = 0; x < width; x += kLanes) {
    Lanes16 tile[kLanes];
    for (std::size_t k = 0; k < kLanes; ++k) tile[k] = load_lanes(values + (x + k) * step);
    transpose(tile);
    for (std::size_t row = 0; row < rows; ++row) {
      float* const to = out + row * out_stride + x;
      if (x + kLanes <= width) {
        normalise(lower_half(tile[row]), mean, scale, to);
        normalise(upper_half(tile[row]), mean, scale, to + kLanes / 2);
        continue;
      }
      std::array<float, kLanes> last;
      normalise(lower_half(tile[row]), mean, scale, last.data());
      normalise(upper_half(tile[row]), mean, scale, last.data() + kLanes / 2);
      std::copy_n(last.data(), width - x, to);
    }
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
  const std::size_t block = (std::size_t{picture_width_} + kLanes - 1) / kLanes * kLanes * kLanes;  // in whole tiles
  for (std::size_t p = 0; p < layouts.size(); ++p) {
    rows_[p].assign(block * layouts[p].channels, 0);
    if (layouts[p].channels == 0) continue;
    planes_[p].prepare({image.width, image.height}, {picture_width_, picture_height_}, layouts[p].cell,
                       layouts[p].channels);
  }
  colours_.assign(block * 3, 0);
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
  bool present = layouts[0].channels != 0 && static_cast<std::size_t>(image.yuv) < kYuvFactors.size();
  for (std::size_t p = 0; p < layouts.size(); ++p)
    present = present && (layouts[p].channels == 0 || image.planes[p].data);
  if (!present || image.width == 0 || image.height == 0 || image.width > kMaxImageSide ||
      image.height > kMaxImageSide) {
    return fail(ErrorCode::kInvalidImage, {"not a picture: ", image.width, " x ", image.height, " pixels of format ",
                                           static_cast<unsigned>(image.format)});
  }
  if (image.width != source_width_ || image.height != source_height_ || image.format != format_) prepare(image);

  const std::span<float> values = tensor.as<float>();
  for (std::uint32_t y = 0; y < picture_height_; y += kLanes) {
    const std::array<Channel, 3> blocks = colours(image, y);
    const std::uint32_t rows = std::min(kLanes, picture_height_ - y);
    for (std::size_t c = 0; c < channels; ++c) {
      float* const out = values.data() + c * area + std::size_t{y} * spec_.width;
      write_rows(blocks[c].values, blocks[c].step, picture_width_, rows, spec_.mean[c], spec_.scale[c], out,
                 spec_.width);
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    const float fill = (spec_.fill - spec_.mean[c]) * spec_.scale[c];
    float* const first = values.data() + c * area;
    float* const below = first + std::size_t{picture_height_} * spec_.width;
    for (float* row = first; row < below; row += spec_.width) std::fill(row + picture_width_, row + spec_.width, fill);
    std::fill(below, first + area, fill);
  }
  return Placement{static_cast<float>(picture_width_) / static_cast<float>(image.width),
                   static_cast<float>(picture_height_) / static_cast<float>(image.height)};
}

std::array<ImageToTensor::Channel, 3> ImageToTensor::colours(const ImageView& image, std::uint32_t y) {
  const auto layouts = plane_layouts(image.format, spec_.channels);
  for (std::size_t p = 0; p < layouts.size(); ++p) {
    if (layouts[p].channels != 0) planes_[p].rows(image.planes[p], y, rows_[p]);
  }
  const std::uint16_t* const pixels = rows_[0].data();
  const std::size_t width = picture_width_;
  const std::size_t step = layouts[0].channels * std::size_t{kLanes};
  const bool gray = spec_.channels == Channels::kGray;
  std::uint16_t* const converted = colours_.data();
  const std::size_t block = colours_.size() / 3;
  const auto in_order = [&](Channel red, Channel green, Channel blue) -> std::array<Channel, 3> {
    if (spec_.channels == Channels::kBgr) return {blue, green, red};
    return {red, green, blue};
  };
  const auto same = [](Channel channel) -> std::array<Channel, 3> { return {channel, channel, channel}; };

  switch (image.format) {
    case PixelFormat::kGray8: return same({pixels, step});
    case PixelFormat::kI420:
    case PixelFormat::kNv12: {
      const YuvFactors& yuv = factors_of(image.yuv);
      if (gray) {
        yuv_to_gray(pixels, width, yuv, converted);
        return same({converted, kLanes});
      }
      const bool planar = image.format == PixelFormat::kI420;
      const std::uint16_t* const u = rows_[1].data();
      const std::uint16_t* const v = planar ? rows_[2].data() : u + kLanes;
      yuv_to_rgb(pixels, u, v, planar ? kLanes : 2 * kLanes, width, yuv, converted, converted + block,
                 converted + 2 * block);
      return in_order({converted, kLanes}, {converted + block, kLanes}, {converted + 2 * block, kLanes});
    }
    case PixelFormat::kRgba8:
    case PixelFormat::kRgb8:
    case PixelFormat::kBgr8:
    case PixelFormat::kBgra8: break;
  }
  const bool bgr = image.format == PixelFormat::kBgr8 || image.format == PixelFormat::kBgra8;
  const std::uint16_t* const red = pixels + (bgr ? 2 * kLanes : 0);
  const std::uint16_t* const green = pixels + kLanes;
  const std::uint16_t* const blue = pixels + (bgr ? 0 : 2 * kLanes);
  if (gray) {
    rgb_to_gray(red, green, blue, step, width, converted);
    return same({converted, kLanes});
  }
  return in_order({red, step}, {green, step}, {blue, step});
}

}  // namespace sluice::input
