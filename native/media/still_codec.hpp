// Still pictures as files of the usual codecs and back, at the picture's own size: what sending the picture itself costs, and
// what is left of it. By libav's encoders (JPEG by TurboJPEG, with tables made for the picture). Owns its codecs' state; one
// thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::media {

enum class StillFormat : std::uint8_t { kJpeg, kWebp, kJxl, kPng };
std::string_view still_format_name(StillFormat format);  // "jpeg", ...

class StillCodec {
 public:
  // Pictures of RGB bytes of one size. kUnsupportedEnvironment where this machine's libav lacks the codec.
  static Result<StillCodec> create(StillFormat format, std::uint32_t width, std::uint32_t height);
  ~StillCodec();
  StillCodec(StillCodec&&) noexcept;
  StillCodec& operator=(StillCodec&&) noexcept;

  // `quality`: 1 to 100, of the codec's own scale; not looked at for PNG. The bytes are a whole file.
  Result<std::vector<std::uint8_t>> encode(std::span<const std::uint8_t> rgb, int quality);
  // Of a file of this format and size.
  Result<std::vector<std::uint8_t>> decode(std::span<const std::uint8_t> file);

 private:
  struct Impl;
  explicit StillCodec(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::media
