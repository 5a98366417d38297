// What an old answer of the remote half is worth to the guess about a later frame: the guess alone, the old combined answer as it is,
// both put together by a share, and put together only where the frame is like the old one. Share and threshold are chosen on all clips but
// one and counted on that one, in turn. Right is what the full model says of the frame. Plain data and functions.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace sluice::bench {

inline constexpr std::size_t kShares = 21;      // of the guess: 0, 0.05 .. 1
inline constexpr std::size_t kThresholds = 12;  // the last one is infinite: always put together
inline constexpr std::array<std::uint32_t, 6> kAges = {1, 2, 4, 8, 16, 32};

// One frame of a stream. Logits are of the same classes throughout.
struct Moment {
  std::vector<float> guess;
  std::vector<float> remote;       // of this frame's own features
  float share = 1;                 // of the guess, as learned with both for answers that are not old
  std::int64_t combined = 0;       // class
  std::int64_t full = 0;           // class
  std::vector<std::uint8_t> luma;  // of the picture
};

struct Stream {
  std::size_t clip = 0;
  std::vector<Moment> moments;
  bool changes() const;  // whether the full model does not give one and the same answer throughout
};

// How a frame is held against the old one.
enum class Likeness : std::uint8_t {
  kGuess,  // mean distance of the guesses' logits
  kLuma,   // mean distance of the pixels
};

struct StaleCounts {
  std::uint64_t frames = 0;
  std::uint64_t fresh = 0;  // right by the combined answer of the frame itself, had it come
  std::uint64_t guess = 0;
  std::uint64_t stale = 0;                    // by the old combined answer
  std::uint64_t learned = 0;                  // everywhere, by the share that was learned for answers that are not old
  std::uint64_t fused = 0;                    // everywhere, by a share
  std::array<std::uint64_t, 2> fused_like{};  // where the frame is like the old one, by Likeness
  double share = 0;                           // that all clips together would choose, for `fused`
};

// `only_changing` counts those streams alone; shares are chosen on all.
StaleCounts count_stale(const std::vector<Stream>& streams, std::uint32_t age, bool only_changing);

}  // namespace sluice::bench
