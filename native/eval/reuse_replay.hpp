// What SKIP and REUSE together answer when recorded frames are gone through in time order: SKIP decides first, then the cache
// is asked, and what neither answers is run and learned. The state of the cache depends on the distance cap, so every cap is
// replayed by itself. Used to calibrate the cap and to measure; the cache is the product's own. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/agreement.hpp"
#include "core/questions/reuse/reuse_question.hpp"

namespace sluice::eval {

struct ReplayFrame {
  std::uint32_t sequence = 0;        // frames of one sequence follow each other in time
  std::uint32_t frame = 0;           // number in its sequence
  float score = 0;                   // the SKIP filter's
  bool needed = true;                // the model's result is not redundant: skipping it would be wrong
  std::span<const float> embedding;  // borrowed
  reuse::SharedOutputs result;       // the full model's
};

struct ReplaySetting {
  float skip_below = 0;          // the SKIP threshold; 0 skips nothing
  float cap = 0;                 // neighbours at this distance or beyond don't count; 0 reuses nothing
  questions::ReuseSpec reuse;    // bounds of the cache and the vote
  std::uint32_t frame_ms = 100;  // from one frame of a sequence to the next
  bool forget_between_sequences = true;
};

enum class Outcome : std::uint8_t { kRun, kSkipped, kReused };

struct ReplayAnswer {
  Outcome outcome = Outcome::kRun;
  bool agrees = true;  // with the model's result on this frame
};

// One answer for each frame. Frames of a sequence stand together, in order; time goes on from one sequence to the next.
// The cache's errors, and the agreement's where a result cannot be read.
Result<std::vector<ReplayAnswer>> replay(std::span<const ReplayFrame> frames, const ReplaySetting& setting,
                                         const output::Agreement& agreement);

// Whether each frame that is not redundant has the result of an earlier one that a gate would hold which knew all results: the
// frames whose result it does not hold yet are run, and it holds a result as long as `setting.reuse` keeps one.
Result<std::vector<bool>> repeated_results(std::span<const ReplayFrame> frames, const ReplaySetting& setting,
                                           const output::Agreement& agreement);

}  // namespace sluice::eval
