#include "native/client/picture_encoder.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/input/image_tensor.hpp"

namespace sluice::client {
namespace {

// What servers take of one picture unless they are told otherwise (sluice-server --max-picture-pixels), and what a larger one is shrunk
// to: still more than any usual model takes, and no 200 MB to make it.
constexpr double kMostPixels = 16 << 20;
constexpr double kShrunkPixels = 4 << 20;

// Of both sides, so that a server takes the picture at all.
float largest_scale(const input::ImageView& picture) {
  const double pixels = static_cast<double>(picture.width) * static_cast<double>(picture.height);
  return pixels > kMostPixels ? static_cast<float>(std::sqrt(kShrunkPixels / pixels)) : 1;
}

// Values of an offset and a range of `divisor`, to the full range of BT.601 that JPEG files hold.
std::array<std::uint8_t, 256> range_table(int offset, int divisor, int centre) {
  std::array<std::uint8_t, 256> table{};
  for (int value = 0; value < 256; ++value) {
    const int scaled = (value - offset) * 255;
    const int rounded = (scaled >= 0 ? scaled + divisor / 2 : scaled - divisor / 2) / divisor;
    table[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(std::clamp(rounded + centre, 0, 255));
  }
  return table;
}
const std::array<std::uint8_t, 256> kLumaTable = range_table(16, 219, 0);
const std::array<std::uint8_t, 256> kChromaTable = range_table(128, 224, 128);
const std::array<std::uint8_t, 256> kFullTable = range_table(0, 255, 0);

void copy_plane(const std::uint8_t* source, std::size_t stride, std::size_t step, std::size_t width, std::size_t height,
                const std::array<std::uint8_t, 256>& table, std::uint8_t* out) {
  for (std::size_t y = 0; y < height; ++y, source += stride) {
    for (std::size_t x = 0; x < width; ++x) *out++ = table[source[x * step]];
  }
}

int packed_format(input::PixelFormat format) {
  switch (format) {
    case input::PixelFormat::kRgba8: return TJPF_RGBA;
    case input::PixelFormat::kRgb8: return TJPF_RGB;
    case input::PixelFormat::kBgr8: return TJPF_BGR;
    case input::PixelFormat::kBgra8: return TJPF_BGRA;
    case input::PixelFormat::kGray8: return TJPF_GRAY;
    default: return TJPF_UNKNOWN;
  }
}

}  // namespace

struct PictureEncoder::Compressor {
  tjhandle handle = nullptr;
  int max_quality = 0;
  unsigned char* jpeg = nullptr;  // TurboJPEG's, kept between pictures
  unsigned long jpeg_bytes = 0;
  std::vector<std::uint8_t> pixels;  // full-range planes, or packed RGB
  std::vector<float> values;

  ~Compressor() {
    tjFree(jpeg);
    if (handle != nullptr) tjDestroy(handle);
  }

  Result<Bytes> to_jpeg(const input::ImageView& picture, int quality);
  Result<Bytes> to_smaller_jpeg(const input::ImageView& picture, int quality, float scale);
  Result<Bytes> to_rgb(const input::ImageView& picture, std::uint32_t width, std::uint32_t height);
};

Result<Bytes> PictureEncoder::Compressor::to_jpeg(const input::ImageView& picture, int quality) {
  const auto width = static_cast<int>(picture.width);
  const auto height = static_cast<int>(picture.height);
  const bool full_range = picture.yuv == input::YuvColours::kBt601Full;
  int failed = 0;
  if (const int packed = packed_format(picture.format); packed != TJPF_UNKNOWN) {
    const int sampling = packed == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_420;
    failed = tjCompress2(handle, picture.planes[0].data, width, static_cast<int>(picture.planes[0].stride_bytes),
                         height, packed, &jpeg, &jpeg_bytes, sampling, quality, TJFLAG_FASTDCT);
  } else if (!full_range && picture.yuv != input::YuvColours::kBt601Limited) {  // of another matrix than JPEG's
    if (const Result<Bytes> rgb = to_rgb(picture, picture.width, picture.height); !rgb) return fail(rgb.error());
    failed = tjCompress2(handle, pixels.data(), width, 0, height, TJPF_RGB, &jpeg, &jpeg_bytes, TJSAMP_420, quality,
                         TJFLAG_FASTDCT);
  } else {
    const auto& luma_table = full_range ? kFullTable : kLumaTable;
    const auto& chroma_table = full_range ? kFullTable : kChromaTable;
    const std::size_t luma = std::size_t{picture.width} * picture.height;
    const std::size_t chroma_width = (std::size_t{picture.width} + 1) / 2;
    const std::size_t chroma_height = (std::size_t{picture.height} + 1) / 2;
    const std::size_t chroma = chroma_width * chroma_height;
    pixels.resize(luma + 2 * chroma);
    std::uint8_t* const y = pixels.data();
    std::uint8_t* const u = y + luma;
    std::uint8_t* const v = u + chroma;
    const bool planar = picture.format == input::PixelFormat::kI420;
    const std::size_t step = planar ? 1 : 2;
    const input::Plane& first = picture.planes[1];
    const input::Plane second = planar ? picture.planes[2] : input::Plane{first.data + 1, first.stride_bytes};
    copy_plane(picture.planes[0].data, picture.planes[0].stride_bytes, 1, picture.width, picture.height, luma_table, y);
    copy_plane(first.data, first.stride_bytes, step, chroma_width, chroma_height, chroma_table, u);
    copy_plane(second.data, second.stride_bytes, step, chroma_width, chroma_height, chroma_table, v);
    std::array<const unsigned char*, 3> planes{y, u, v};
    const std::array<int, 3> strides{width, static_cast<int>(chroma_width), static_cast<int>(chroma_width)};
    failed = tjCompressFromYUVPlanes(handle, planes.data(), width, strides.data(), height, TJSAMP_420, &jpeg,
                                     &jpeg_bytes, quality, TJFLAG_FASTDCT);
  }
  if (failed != 0) {
    return fail(ErrorCode::kInvalidImage,
                std::string("the picture cannot be encoded as JPEG: ") + tjGetErrorStr2(handle));
  }
  return std::as_bytes(std::span(jpeg, jpeg_bytes));
}

Result<Bytes> PictureEncoder::Compressor::to_smaller_jpeg(const input::ImageView& picture, int quality, float scale) {
  const auto scaled = [&](std::uint32_t side) {
    return std::max(static_cast<std::uint32_t>(std::lround(static_cast<double>(side) * static_cast<double>(scale))),
                    1U);
  };
  const std::uint32_t width = scaled(picture.width);
  const std::uint32_t height = scaled(picture.height);
  const auto rgb = to_rgb(picture, width, height);
  if (!rgb) return fail(rgb.error());
  const auto smaller = input::make_image(input::PixelFormat::kRgb8, width, height, *rgb);
  if (!smaller) return fail(smaller.error());
  return to_jpeg(*smaller, quality);
}

Result<Bytes> PictureEncoder::Compressor::to_rgb(const input::ImageView& picture, std::uint32_t width,
                                                 std::uint32_t height) {
  // The same conversion as a model's input of that size; rare enough not to need a faster one.
  input::ImageSpec spec;
  spec.width = width;
  spec.height = height;
  auto converter = input::ImageToTensor::create(spec);
  if (!converter) return fail(converter.error());
  const std::size_t area = std::size_t{width} * height;
  values.resize(3 * area);
  const auto written = converter->run(
      picture, {DataType::kFloat32, converter->tensor_shape(), std::as_writable_bytes(std::span(values))});
  if (!written) return fail(written.error());
  pixels.resize(3 * area);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < area; ++i) pixels[3 * i + c] = static_cast<std::uint8_t>(values[c * area + i] + 0.5F);
  }
  return std::as_bytes(std::span(pixels));
}

PictureEncoder::PictureEncoder(std::unique_ptr<Compressor> compressor) : compressor_(std::move(compressor)) {}
PictureEncoder::PictureEncoder(PictureEncoder&&) noexcept = default;
PictureEncoder& PictureEncoder::operator=(PictureEncoder&&) noexcept = default;
PictureEncoder::~PictureEncoder() = default;

Result<PictureEncoder> PictureEncoder::create(std::uint32_t max_jpeg_quality) {
  if (max_jpeg_quality < 1 || max_jpeg_quality > 100) {
    return fail(ErrorCode::kInvalidArgument,
                "a JPEG quality of " + std::to_string(max_jpeg_quality) + "; it must be 1 to 100");
  }
  auto compressor = std::make_unique<Compressor>();
  compressor->max_quality = static_cast<int>(max_jpeg_quality);
  compressor->handle = tjInitCompress();
  if (compressor->handle == nullptr) return fail(ErrorCode::kOutOfMemory, "TurboJPEG cannot be set up");
  return PictureEncoder(std::move(compressor));
}

Result<pipeline::Payload> PictureEncoder::encode(const input::ImageView& picture,
                                                 std::span<const wire::Encoding> accepted, const Reduction& reduction) {
  const int quality = std::clamp(static_cast<int>(reduction.jpeg_quality), 1, compressor_->max_quality);
  const float scale = std::min(reduction.scale, largest_scale(picture));
  for (const wire::Encoding encoding : accepted) {
    if (encoding != wire::Encoding::kJpeg && encoding != wire::Encoding::kRgb8) continue;
    auto bytes = encoding == wire::Encoding::kRgb8 ? compressor_->to_rgb(picture, picture.width, picture.height)
                 : scale < 1                       ? compressor_->to_smaller_jpeg(picture, quality, scale)
                                                   : compressor_->to_jpeg(picture, quality);
    if (!bytes) return fail(bytes.error());
    return pipeline::Payload{encoding, *bytes};
  }
  return fail(ErrorCode::kUnsupportedEncoding, "the server accepts neither JPEG nor RGB pictures");
}

}  // namespace sluice::client
