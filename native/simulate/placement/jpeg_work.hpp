// What PieSlicer's two ends do with a photo, by TurboJPEG: the device decodes it shrunk by a power of two and encodes it again at quality
// 90; the server decodes what arrives and resizes it to what the model takes. Each says what it cost in time of this thread's processor,
// which other programs on the machine do not lengthen. Owns its codecs and buffers. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::simulate {

struct JpegSize {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

class JpegWork {
 public:
  static Result<JpegWork> create();
  ~JpegWork();
  JpegWork(JpegWork&&) noexcept;
  JpegWork& operator=(JpegWork&&) noexcept;

  // From the header alone. kMalformedMedia when the bytes are no JPEG.
  Result<JpegSize> size_of(std::span<const std::uint8_t> jpeg);

  struct Shrunk {
    std::vector<std::uint8_t> jpeg;
    JpegSize size;
    double took_ms = 0;
  };
  // Decodes at 1 / divisor (1, 2, 4 or 8) of each side and encodes.
  Result<Shrunk> shrink(std::span<const std::uint8_t> jpeg, std::uint32_t divisor, int quality);

  // Decodes in full, and averages to a square of that side; what it took.
  Result<double> prepare(std::span<const std::uint8_t> jpeg, std::uint32_t side);

 private:
  struct Impl;
  explicit JpegWork(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::simulate
