// Compressed pictures to pixels, under limits that are checked on the header before anything is allocated or decoded. A JPEG that is
// at least twice as large as its tensor needs is decoded at a half, a quarter or an eighth, which costs a fraction of the whole.
// Owns a pixel buffer that is reused; one thread at a time. Each picture has a codec of its own, since what one that failed leaves behind in
// libjpeg-turbo's makes the next fail, and tables of one would serve another's that has none. kMalformedPayload for what is no picture
// of the claimed kind, kUnsupportedEncoding for kinds that it lacks, kOutOfMemory above the limit.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image.hpp"
#include "core/input/image_tensor.hpp"
#include "core/wire/messages.hpp"

namespace sluice::server {

struct PictureLimits {
  std::uint64_t max_picture_pixels = std::uint64_t{16} << 20;
};

class PictureDecoder {
 public:
  // `tensor`: what the pictures are made into.
  static Result<PictureDecoder> create(const PictureLimits& limits, const input::ImageSpec& tensor);
  // The pixels borrow from `request` or from this decoder's buffer, until the next call.
  Result<input::ImageView> decode(const wire::Request& request);
  // Width and height that the last one decoded has at full size.
  std::array<std::uint32_t, 2> full_size() const { return full_size_; }
  // Lets go of a buffer larger than most pictures need.
  void trim();
  // How many decode() will make, by the header; 0 for what it will refuse by the header, whatever that claims.
  std::uint64_t pixels(const wire::Request& request) const;

 private:
  PictureDecoder(const PictureLimits& limits, const input::ImageSpec& tensor) : limits_(limits), tensor_(tensor) {}
  int reduction(std::uint32_t width, std::uint32_t height) const;
  Result<input::ImageView> decode_jpeg(Bytes bytes);
  Result<void> check_size(std::uint64_t width, std::uint64_t height) const;
  Result<void> check_rgb8(const wire::Request& request) const;

  PictureLimits limits_;
  input::ImageSpec tensor_;
  std::array<std::uint32_t, 2> full_size_{};
  std::vector<std::uint8_t> pixels_;
};

}  // namespace sluice::server
