// How often an answer that a question gives by a score would be wrong, by that score: learned on the stream from inputs whose full answer is
// known, the full model's own and those that an audit recomputed, and begun from what the bundle expects. And how often such scores come,
// which every input tells. Scores are put into bins of equal width in log-odds; older inputs count for less, and the rate is smoothed so that it never falls
// from one bin to a higher one.
// Within a bin every known answer counts alike: whether it is known depends on the score alone.
// Plain numbers, bounded, nothing allocated. One thread at a time.
#pragma once

#include <array>
#include <cstddef>

#include "core/base/result.hpp"
#include "core/promise/state_bytes.hpp"

namespace sluice::promise {

struct CurveOptions {
  double memory_inputs = 3000;  // that it is of, in the mean; above 1
  double prior_inputs = 1;      // known answers that what was expected of a bin counts for, above 0
};

class ErrorCurve {
 public:
  static constexpr std::size_t kBins = 64;
  static constexpr double kWidth = 0.25;  // of a bin, in log-odds
  // By bin, the probability that an answer there is wrong.
  using Rates = std::array<double, kBins>;

  // What a score that is the probability of being wrong leads to expect.
  static Rates calibrated();
  // kInvalidArgument for an option out of its range, or expected rates that are no probabilities.
  static Result<ErrorCurve> create(const CurveOptions& options = {}, const Rates& expected = calibrated());

  // The bin of a score in [0, 1]; of what is none the last one, whose answers are wrong as often as any.
  static std::size_t bin_of(float score);
  // Scores below it are in lower bins than this one; of kBins: any score is below.
  static float lower_edge(std::size_t bin);

  // Every input, once: with the score that the question gave it, or that it was not asked.
  void saw(float score);
  void was_not_asked();
  void learned(float score, bool wrong);  // what the full model answers to it is known

  const Rates& rates() const { return rates_; }
  double rate(float score) const { return rates_[bin_of(score)]; }
  // Of all inputs, how many have a score in the bin; 0 before the first.
  double share(std::size_t bin) const { return seen_ > 0 ? bins_[bin].seen / seen_ : 0; }
  // Variance of rates()[bin], from how little is known of it.
  double variance(std::size_t bin) const;
  double seen() const { return seen_; }
  // Brings rates() up to date with what was learned.
  void smooth();

  // Its state for promise_state.hpp, to or from bytes.
  template <typename Archive>
  void archive(Archive& to) {
    for (Bin& bin : bins_) {
      for (double* number : {&bin.seen, &bin.known}) to.real(*number, 0, kMostCount);
      to.real(bin.wrong, 0, bin.known);
    }
    to.real(seen_, 0, kMostCount);
    for (double& rate : rates_) to.real(rate, 0, 1);
  }

 private:
  struct Bin {
    double seen = 0;
    double known = 0;
    double wrong = 0;
  };

  ErrorCurve(const CurveOptions& options, const Rates& expected);

  double keep_;  // from one input to the next
  double prior_inputs_;
  Rates expected_;
  std::array<Bin, kBins> bins_{};
  double seen_ = 0;
  Rates rates_;
};

}  // namespace sluice::promise
