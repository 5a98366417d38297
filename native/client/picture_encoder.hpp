// Pictures to payloads: JPEG through TurboJPEG, straight from video planes where a picture has them, or packed RGB.
// Owns a compressor and its buffers. One thread at a time.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image.hpp"
#include "core/wire/messages.hpp"

namespace sluice::client {

class PictureEncoder {
 public:
  // JPEG quality 1 to 100.
  static Result<PictureEncoder> create(std::uint32_t jpeg_quality);
  PictureEncoder(PictureEncoder&&) noexcept;
  PictureEncoder& operator=(PictureEncoder&&) noexcept;
  ~PictureEncoder();

  struct Payload {
    wire::Encoding encoding = wire::Encoding::kJpeg;
    Bytes bytes;  // valid until the next call
  };

  // Encodes in the first of `accepted` that this encoder knows (JPEG, RGB); kUnsupportedEncoding when there is none.
  Result<Payload> encode(const input::ImageView& picture, std::span<const wire::Encoding> accepted);

 private:
  struct Compressor;
  PictureEncoder(std::unique_ptr<Compressor> compressor);
  std::unique_ptr<Compressor> compressor_;
};

}  // namespace sluice::client
