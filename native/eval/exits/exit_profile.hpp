// What the exits of a model answered to each input of a set, with every exit asked: what thresholds are chosen by, and what
// shares, agreement and mean cost follow for thresholds that were chosen elsewhere. Plain data and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::eval {

// An exit's answer to one input.
struct ExitAnswer {
  float confidence = 0;  // by the rule; larger is surer
  bool agrees = false;   // its class is the full model's
  bool right = false;    // its class is the label
};

struct ExitProfile {
  std::vector<std::vector<ExitAnswer>> exits;  // by exit, then by input
  std::vector<std::uint8_t> full_right;        // by input: the full model's class is the label
  std::size_t inputs() const { return full_right.size(); }
};

// The inputs of these numbers, with these of the exits.
ExitProfile select(const ExitProfile& from, std::span<const std::size_t> exits, std::span<const std::size_t> inputs);
ExitProfile select_exits(const ExitProfile& from, std::span<const std::size_t> exits);

// Multiply-adds: of each stretch of the model up to a place, the last one up to its end, and of each exit's branch.
struct ExitCosts {
  std::vector<std::uint64_t> stretches;  // one more than exits
  std::vector<std::uint64_t> branches;

  std::uint64_t model() const;
  std::uint64_t all_branches() const;
};

// These exits alone; stretches between them join.
ExitCosts select_exits(const ExitCosts& from, std::span<const std::size_t> exits);

// A threshold that no confidence is above: the exit is closed, and its branch does not run.
inline constexpr float kClosed = 1;

struct ExitReplay {
  std::vector<double> shares;  // of the inputs, that left at each exit; the last one: that went through
  std::vector<double> errors;  // of those, the share that disagrees with the full model
  double agreement = 0;
  double accuracy = 0;
  double multiply_adds = 0;  // mean of an input, branches included
};
// Inputs leave at the first exit whose confidence is above its threshold.
ExitReplay replay(const ExitProfile& profile, const ExitCosts& costs, std::span<const float> thresholds);

}  // namespace sluice::eval
