// How likely an answer is not the full model's, by what is known of the input when it is at hand: a question's score, an exit's confidence, the
// guess of a device half. All of it follows from what the bundle was calibrated to, and is only as good as that: ErrorCorrection makes up for the
// rest. Every expectation falls, or stays, as the answer gets surer.
//
// A question's points say which share of inputs is answered below a threshold, and how many of all inputs may be wrong there. Between two
// neighbouring points lie inputs of the one and not of the other: their errors over their share, a difference quotient. Quotients that fall with
// the score, as a calibration's margins make them, are pooled until they grow (pool adjacent violators). Below the strictest point expectations
// grow in proportion to the score, from none at 0, with the mean that the point allows.
//
// An exit that a point leaves open errs, among the inputs that are surer than its threshold, in the mean on what the point allows; on those just
// at it more, kAtThreshold times (measured on cifar10-exits-vgg: 2.3 to 3), and from there in proportion to how unsure the exit still is. Of all
// points that would let it answer the least counts; where the rule is a probability, never more than what is missing to 1.
//
// Of answers of two halves the points say how many are wrong in the mean, by channels. Where a guess is known, errors are taken to
// be in proportion to what its largest probability lacks to 1, with that mean; how much that is in the mean is learned of the guesses.
// Reads the manifest once; allocates nothing after. Numbers are not trusted: a score or confidence that is none gives 1. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/adapt/choice/answer_kind.hpp"
#include "core/exit/exit_rule.hpp"

namespace sluice::pipeline {

struct ExitPoint;
struct Manifest;
struct OperatingPoint;

// Of a question's calibrated points.
class ScoreErrors {
 public:
  explicit ScoreErrors(std::span<const OperatingPoint> points);
  double at(float score) const;

 private:
  struct Band {
    double below = 0;  // scores, strictest first
    double error = 0;
    double first_slope = 0;
  };
  std::vector<Band> bands_;
};

// Of exits, by place.
class ExitErrors {
 public:
  static constexpr double kAtThreshold = 2.5;

  ExitErrors(exits::ExitRule rule, std::span<const ExitPoint> points, std::size_t places);
  double at(std::size_t place, float confidence) const;

 private:
  struct Line {
    double unsure = 0;  // at the threshold
    double error = 0;   // there
  };
  double unsure(float confidence) const;

  exits::ExitRule rule_;
  std::vector<std::vector<Line>> lines_;  // by place
};

// Of the answers of two halves.
class GuessErrors {
 public:
  // Errors of a guess that is known, of so many in the mean.
  double at(double mean_error, double confidence) const;
  void saw(double confidence);

 private:
  double unsure_ = 0.45;  // in the mean
};

// The largest probability of these logits; 0 of none, or of ones that are not finite.
double largest_probability(std::span<const float> logits);

}  // namespace sluice::pipeline
