// What SKIP and REUSE together answer when recorded frames are gone through in time order: SKIP decides first, then the cache
// is asked, and what neither answers is run and inserted. The state of the cache depends on the threshold, so every threshold
// is replayed by itself. Used to calibrate the distance cap and to measure; the cache is the product's own. Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::eval {

struct ReplayFrame {
  std::uint32_t sequence = 0;        // frames of one sequence follow each other in time
  std::uint32_t time_ms = 0;         // within its sequence
  float score = 0;                   // the SKIP filter's
  bool needed = true;                // the model's result is not redundant: skipping it would be wrong
  std::span<const float> embedding;  // borrowed
};

struct ReplaySetting {
  float skip_below = 0;  // the SKIP threshold; 0 skips nothing
  float cap = 0;         // the largest distance of a neighbour that counts; 0: nothing is reused
  std::uint32_t neighbours = 1;
  std::uint32_t max_entries = 256;
  std::uint32_t max_age_ms = 30'000;
  bool forget_between_sequences = true;
};

enum class Outcome : std::uint8_t { kRun, kSkipped, kReused };

struct ReplayAnswer {
  Outcome outcome = Outcome::kRun;
  bool agrees = true;  // with the model's result on this frame
};

// Whether the model's results on two frames agree, by their numbers.
using AgreeFrames = std::function<bool(std::size_t a, std::size_t b)>;

// One answer for each frame. Frames of a sequence stand together, in order.
Result<std::vector<ReplayAnswer>> replay(std::span<const ReplayFrame> frames, const ReplaySetting& setting,
                                         const AgreeFrames& agree);

}  // namespace sluice::eval
