// Long streams put together from measured clips, with scenes that come and go: stretches of 50 to 400 frames, each of a clip and from a place
// that are drawn, one after the other. Recordings in which something is there at times and nothing at others, for hours, are not to be had
// freely, so they are composed. Pure; the same streams for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "native/eval/measurement.hpp"

namespace sluice::eval {

using LiveStream = std::vector<const FrameRecord*>;  // of a measurement, which outlives it

struct LiveStreams {
  std::size_t count = 40;
  std::size_t frames = 1500;  // of each
  std::uint64_t seed = 1;
};

// Clips of still pictures are left out: they have no time. kInvalidInput where no other is left.
Result<std::vector<LiveStream>> compose_streams(const Measurement& measurement, const LiveStreams& wanted);

}  // namespace sluice::eval
