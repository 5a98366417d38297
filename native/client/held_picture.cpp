#include "native/client/held_picture.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace sluice::client {
namespace {

struct PlaneSize {
  std::size_t row_bytes = 0;
  std::size_t rows = 0;
};

std::array<PlaneSize, 3> plane_sizes(const input::ImageView& picture) {
  const std::size_t width = picture.width;
  const std::size_t height = picture.height;
  const std::size_t chroma_width = (width + 1) / 2;
  const std::size_t chroma_height = (height + 1) / 2;
  switch (picture.format) {
    case input::PixelFormat::kRgba8:
    case input::PixelFormat::kBgra8: return {{{4 * width, height}}};
    case input::PixelFormat::kRgb8:
    case input::PixelFormat::kBgr8: return {{{3 * width, height}}};
    case input::PixelFormat::kGray8: return {{{width, height}}};
    case input::PixelFormat::kI420:
      return {{{width, height}, {chroma_width, chroma_height}, {chroma_width, chroma_height}}};
    case input::PixelFormat::kNv12: return {{{width, height}, {2 * chroma_width, chroma_height}}};
  }
  return {};
}

}  // namespace

Result<void> HeldPicture::check(const input::ImageView& picture) {
  const auto sizes = plane_sizes(picture);
  bool sound = sizes[0].rows != 0 && sizes[0].row_bytes != 0 && picture.width <= input::kMaxImageSide &&
               picture.height <= input::kMaxImageSide;
  for (std::size_t p = 0; p < sizes.size(); ++p) {
    if (sizes[p].rows == 0) continue;
    sound = sound && picture.planes[p].data != nullptr && picture.planes[p].stride_bytes >= sizes[p].row_bytes;
  }
  if (!sound) {
    return fail(ErrorCode::kInvalidImage, "not a picture: " + std::to_string(picture.width) + " x " +
                                              std::to_string(picture.height) + " pixels of format " +
                                              std::to_string(static_cast<unsigned>(picture.format)));
  }
  return {};
}

Result<void> HeldPicture::assign(const input::ImageView& picture) {
  if (auto sound = check(picture); !sound) return sound;
  const auto sizes = plane_sizes(picture);
  std::size_t bytes = 0;
  for (const PlaneSize& size : sizes) bytes += size.row_bytes * size.rows;
  pixels_.resize(bytes);
  std::uint8_t* out = pixels_.data();
  for (std::size_t p = 0; p < sizes.size(); ++p) {
    const std::uint8_t* row = picture.planes[p].data;
    for (std::size_t y = 0; y < sizes[p].rows; ++y, row += picture.planes[p].stride_bytes) {
      out = std::copy_n(row, sizes[p].row_bytes, out);
    }
  }
  auto view = input::make_image(picture.format, picture.width, picture.height, std::as_bytes(std::span(pixels_)));
  if (!view) return fail(view.error());
  view_ = *view;
  view_.yuv = picture.yuv;
  return {};
}

}  // namespace sluice::client
