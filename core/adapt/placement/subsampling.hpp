// How much a device shrinks a picture before it sends it, as PieSlicer does: by a power of two, the largest that leaves both sides at least
// as long as the server's models need. A JPEG decoder skips that much of the work. Pure functions.
#pragma once

#include <cstdint>

namespace sluice::adapt {

// What the largest model of PieSlicer's pool takes.
inline constexpr std::uint32_t kPieSlicerSide = 331;

// By what both sides are divided: 1, 2, 4, up to `most`. A side that is too short already is not divided.
std::uint32_t subsampling_of(std::uint32_t width, std::uint32_t height, std::uint32_t least_side,
                             std::uint32_t most = 1024);

}  // namespace sluice::adapt
