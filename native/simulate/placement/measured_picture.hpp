// Pictures of many sizes out of real photos, each with what PieSlicer's stages cost and send, measured. Originals are photos as they are,
// and the same photos in the sizes and qualities that people send: shrunk, cropped to a part and encoded, so that their files
// follow a mix of sizes. The mix is skewed: six of ten files below 100 kB, one of twenty above 1 MB, as in the published image-5k.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::simulate {

inline constexpr std::size_t kRepetitions = 3;
using Repeated = std::array<double, kRepetitions>;

struct MeasuredPicture {
  double bytes = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::optional<double> quantiser;  // of the original's header
  double shrunk_bytes = 0;
  std::uint32_t shrunk_width = 0;
  std::uint32_t shrunk_height = 0;
  Repeated device_ms{};         // shrinking, on this machine
  Repeated server_ms{};         // preparing the original
  Repeated server_shrunk_ms{};  // preparing the shrunk one

  double pixels() const { return static_cast<double>(width) * height; }
  double shrunk_pixels() const { return static_cast<double>(shrunk_width) * shrunk_height; }
};

struct PictureOptions {
  std::size_t pictures = 200;
  std::uint64_t seed = 1;
};

// From the JPEG files of these folders and those in them. `progress`: made and all; may be empty. kNotFound when there is no photo of at
// least a megapixel.
Result<std::vector<MeasuredPicture>> measure_pictures(const std::vector<std::string>& folders,
                                                      const PictureOptions& options,
                                                      const std::function<void(std::size_t, std::size_t)>& progress);

// The file size that a draw in [0, 1) stands for in the mix, in bytes.
double mixed_bytes(double draw);

}  // namespace sluice::simulate
