// Pictures as they come from cameras, decoders and canvases: borrowed pixels with a format and a stride for each plane.
// An ImageView owns nothing; the pixels must outlive it. Views made by make_image() are known to be in bounds, so what
// reads them need not check again.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace sluice::input {

enum class PixelFormat : std::uint8_t {
  kRgba8 = 0,  // canvas ImageData
  kRgb8 = 1,
  kBgr8 = 2,
  kBgra8 = 3,  // VideoFrame
  kGray8 = 4,
  kI420 = 5,  // Y, U, V planes; chroma halved both ways, rounded up
  kNv12 = 6,  // Y plane, interleaved UV plane
};

// What the numbers of kI420 and kNv12 mean: the matrix, and whether black to white is 16 to 235 or 0 to 255.
enum class YuvColours : std::uint8_t { kBt601Limited = 0, kBt601Full = 1, kBt709Limited = 2, kBt709Full = 3 };

struct Plane {
  const std::uint8_t* data = nullptr;
  std::size_t stride_bytes = 0;
};

struct ImageView {
  PixelFormat format = PixelFormat::kRgba8;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::array<Plane, 3> planes{};
  YuvColours yuv = YuvColours::kBt601Limited;
};

inline constexpr std::uint32_t kMaxImageSide = 16'384;

// A view of tightly packed pixels (planes one after the other). kInvalidImage when a side is 0 or above kMaxImageSide,
// the format is unknown, or there are fewer bytes than the picture needs.
Result<ImageView> make_image(PixelFormat format, std::uint32_t width, std::uint32_t height, Bytes pixels);

// The same for one-plane formats with a stride.
Result<ImageView> make_image(PixelFormat format, std::uint32_t width, std::uint32_t height, Bytes pixels,
                             std::size_t stride_bytes);

}  // namespace sluice::input
