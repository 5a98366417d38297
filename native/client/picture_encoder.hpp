// Pictures to payloads: JPEG through TurboJPEG, straight from video planes where a picture has them, or packed RGB.
// Owns a compressor and its buffers. One thread at a time.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image.hpp"
#include "core/pipeline/client_events.hpp"

namespace sluice::client {

class PictureEncoder {
 public:
  // How a picture is made smaller for a thin link.
  struct Reduction {
    std::uint32_t jpeg_quality = 100;  // 1 to 100; the encoder's own is the upper bound
    float scale = 1;                   // of both sides of a JPEG, (0, 1]; RGB is sent in full
  };

  // JPEG quality 1 to 100.
  static Result<PictureEncoder> create(std::uint32_t max_jpeg_quality);
  PictureEncoder(PictureEncoder&&) noexcept;
  PictureEncoder& operator=(PictureEncoder&&) noexcept;
  ~PictureEncoder();

  // Encodes in the first of `accepted` that this encoder knows (JPEG, RGB); kUnsupportedEncoding when there is none. The bytes
  // are valid until the next call. A JPEG of a picture with more pixels than servers take (16 million, as they begin) is made smaller.
  Result<pipeline::Payload> encode(const input::ImageView& picture, std::span<const wire::Encoding> accepted) {
    return encode(picture, accepted, Reduction());
  }
  Result<pipeline::Payload> encode(const input::ImageView& picture, std::span<const wire::Encoding> accepted,
                                   const Reduction& reduction);

 private:
  struct Compressor;
  PictureEncoder(std::unique_ptr<Compressor> compressor);
  std::unique_ptr<Compressor> compressor_;
};

}  // namespace sluice::client
