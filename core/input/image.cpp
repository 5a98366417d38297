#include "core/input/image.hpp"

#include <string>

#include "core/base/checked.hpp"

namespace sluice::input {
namespace {

// Bytes of one pixel of a one-plane format; 0 for the others and for unknown numbers.
std::size_t pixel_bytes(PixelFormat format) {
  switch (format) {
    case PixelFormat::kRgba8:
    case PixelFormat::kBgra8: return 4;
    case PixelFormat::kRgb8:
    case PixelFormat::kBgr8: return 3;
    case PixelFormat::kGray8: return 1;
    case PixelFormat::kI420:
    case PixelFormat::kNv12: return 0;
  }
  return 0;
}

std::string size_text(std::uint32_t width, std::uint32_t height) { return join_text({width, " x ", height}); }

Result<void> check_sides(std::uint32_t width, std::uint32_t height) {
  if (width == 0 || height == 0 || width > kMaxImageSide || height > kMaxImageSide) {
    return fail(ErrorCode::kInvalidImage,
                {"an image of ", size_text(width, height), " pixels; each side must be 1 to ", kMaxImageSide});
  }
  return {};
}

Failure too_few_bytes(std::uint32_t width, std::uint32_t height, std::size_t needed, std::size_t given) {
  return fail(ErrorCode::kInvalidImage, {"an image of ", size_text(width, height), " pixels needs ", needed,
                                         " bytes in this format, not ", given});
}

}  // namespace

Result<ImageView> make_image(PixelFormat format, std::uint32_t width, std::uint32_t height, Bytes pixels) {
  if (const std::size_t size = pixel_bytes(format); size != 0) {
    return make_image(format, width, height, pixels, size * width);
  }
  if (format != PixelFormat::kI420 && format != PixelFormat::kNv12) {
    return fail(ErrorCode::kInvalidImage, {"pixel format ", static_cast<unsigned>(format), " is unknown"});
  }
  if (auto sides = check_sides(width, height); !sides) return fail(sides.error());
  const std::size_t luma = std::size_t{width} * height;
  const std::size_t chroma_width = (std::size_t{width} + 1) / 2;
  const std::size_t chroma = chroma_width * ((std::size_t{height} + 1) / 2);
  if (pixels.size() < luma + 2 * chroma) return too_few_bytes(width, height, luma + 2 * chroma, pixels.size());

  const auto* data = reinterpret_cast<const std::uint8_t*>(pixels.data());
  ImageView view{format, width, height, {}};
  view.planes[0] = {data, width};
  if (format == PixelFormat::kI420) {
    view.planes[1] = {data + luma, chroma_width};
    view.planes[2] = {data + luma + chroma, chroma_width};
  } else {
    view.planes[1] = {data + luma, 2 * chroma_width};
  }
  return view;
}

Result<ImageView> make_image(PixelFormat format, std::uint32_t width, std::uint32_t height, Bytes pixels,
                             std::size_t stride_bytes) {
  const std::size_t size = pixel_bytes(format);
  if (size == 0) {
    return fail(ErrorCode::kInvalidImage, {"pixel format ", static_cast<unsigned>(format),
                                           " is unknown or has several planes and no single stride"});
  }
  if (auto sides = check_sides(width, height); !sides) return fail(sides.error());
  const std::size_t row_bytes = size * width;
  if (stride_bytes < row_bytes) {
    return fail(ErrorCode::kInvalidImage,
                {"a stride of ", stride_bytes, " bytes is less than the ", row_bytes, " of a row"});
  }
  const auto before_last = checked_mul(stride_bytes, height - 1);
  const auto needed = before_last ? checked_add(*before_last, row_bytes) : std::nullopt;
  if (!needed) {
    return fail(ErrorCode::kInvalidImage, {"a stride of ", stride_bytes, " bytes is impossible"});
  }
  if (pixels.size() < *needed) return too_few_bytes(width, height, *needed, pixels.size());
  ImageView view{format, width, height, {}};
  view.planes[0] = {reinterpret_cast<const std::uint8_t*>(pixels.data()), stride_bytes};
  return view;
}

}  // namespace sluice::input
