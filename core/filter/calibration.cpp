#include "core/filter/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "core/filter/binomial.hpp"

namespace sluice::filter {
namespace {

// The grid: even steps in the logit, so that it is fine where a good filter's scores lie, close to 0 and 1.
constexpr int kGridSteps = 800;
constexpr double kGridLogit = 10;

float grid_threshold(int step) {
  const double logit = kGridLogit * (2.0 * step / kGridSteps - 1);
  return static_cast<float>(1 / (1 + std::exp(-logit)));
}

struct Block {
  std::uint32_t id = 0;
  std::uint32_t counted = 0;  // frames that the loss is a share of
};

// Whether every block is one frame, so that no block can err in part, whatever the scores and labels turn out to be.
bool single_frames(std::span<const ScoredFrame> frames) {
  std::vector<std::uint32_t> blocks;
  blocks.reserve(frames.size());
  for (const ScoredFrame& frame : frames) blocks.push_back(frame.block);
  std::sort(blocks.begin(), blocks.end());
  return std::adjacent_find(blocks.begin(), blocks.end()) == blocks.end();
}

Result<void> check(std::span<const ScoredFrame> frames, double target, double confidence) {
  if (!(target > 0 && target < 1) || !(confidence > 0 && confidence < 1)) {
    return fail(ErrorCode::kInvalidArgument,
                {"target ", target, " and confidence ", confidence, " must be between 0 and 1"});
  }
  if (frames.empty()) return fail(ErrorCode::kInvalidArgument, "the calibration split has no frames");
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!(frames[i].score >= 0 && frames[i].score <= 1)) {
      return fail(ErrorCode::kInvalidArgument,
                  {"the score of calibration frame ", i, " is ", frames[i].score, "; scores are in [0, 1]"});
    }
  }
  return {};
}

}  // namespace

double loss_p_value(double sum, std::uint32_t count, bool whole, double bound) {
  const auto n = static_cast<double>(count);
  if (count == 0 || sum >= n * bound) return 1;
  const auto errors = static_cast<std::uint64_t>(std::ceil(sum - 1e-9));
  const double exact = binomial_cdf(errors, count, bound);
  if (whole) return exact;
  const double mean = sum / n;
  const double divergence =
      (mean > 0 ? mean * std::log(mean / bound) : 0) + (1 - mean) * std::log((1 - mean) / (1 - bound));
  return std::min({1.0, std::exp(-n * divergence), std::numbers::e * exact});
}

Result<CalibratedThreshold> calibrate(std::span<const ScoredFrame> frames, double target, double confidence,
                                      Promise promise) {
  if (auto checked = check(frames, target, confidence); !checked) return fail(checked.error());
  const auto counts = [&](const ScoredFrame& frame) { return promise == Promise::kThisMixture || frame.needed; };

  // The needed frames by growing score: walking up the grid, each is missed from some threshold on.
  std::vector<Block> blocks;
  std::vector<const ScoredFrame*> needed;
  for (const ScoredFrame& frame : frames) {
    if (counts(frame)) blocks.push_back({frame.block, 0});
    if (frame.needed) needed.push_back(&frame);
  }
  const auto by_id = [](const Block& a, const Block& b) { return a.id < b.id; };
  std::sort(blocks.begin(), blocks.end(), by_id);
  blocks.erase(std::unique(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.id == b.id; }),
               blocks.end());
  const auto block_of = [&](const ScoredFrame& frame) -> Block& {
    return *std::lower_bound(blocks.begin(), blocks.end(), Block{frame.block, 0}, by_id);
  };
  for (const ScoredFrame& frame : frames) {
    if (counts(frame)) ++block_of(frame).counted;
  }
  std::sort(needed.begin(), needed.end(), [](const auto* a, const auto* b) { return a->score < b->score; });

  CalibratedThreshold chosen;
  chosen.blocks = static_cast<std::uint32_t>(blocks.size());
  const bool whole = single_frames(frames);
  double sum = 0;
  std::size_t missed = 0;
  std::size_t missed_at_chosen = 0;
  for (int step = 0; step <= kGridSteps; ++step) {
    const float threshold = grid_threshold(step);
    for (; missed < needed.size() && needed[missed]->score < threshold; ++missed) {
      sum += 1.0 / block_of(*needed[missed]).counted;
    }
    if (loss_p_value(sum, chosen.blocks, whole, 1 - target) > 1 - confidence) break;
    chosen.threshold = threshold;
    missed_at_chosen = missed;
  }
  const auto skipped =
      std::count_if(frames.begin(), frames.end(), [&](const auto& frame) { return frame.score < chosen.threshold; });
  const auto total = static_cast<float>(frames.size());
  chosen.filter_rate = static_cast<float>(skipped) / total;
  chosen.agreement = 1 - static_cast<float>(missed_at_chosen) / total;
  return chosen;
}

}  // namespace sluice::filter
