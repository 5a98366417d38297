// How coarsely a JPEG file was quantised, from its header alone: what its bytes would come to at another quality follows from it. A file of
// quality 90 by the usual tables has 0.2, one of quality 50 has 1. Bounds are checked; any bytes may be passed. Pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace sluice::adapt {

// The mean of the first table (brightness) over that of the standard's example table. nullopt when there is no such table before the
// picture.
std::optional<double> jpeg_quantiser(std::span<const std::uint8_t> file);

}  // namespace sluice::adapt
