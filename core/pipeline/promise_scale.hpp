// What gives answers without the full model, one after the other on the scale of the live promise (core/promise/live_promise.hpp): the questions as
// they are asked, then early exits, then the halves of a split model. Each has a score in [0, 1), a higher one wrong more often, and what the
// bundle leads to expect at it:
//   a question whose scores are probabilities (SKIP)    the score; it is expected to be what it says
//   a question whose scores are distances (REUSE)       d / (d + widest calibrated d), so that log-odds are the logarithm of d; by its points
//   exits                                               the error expected of the confidence, by the exits' points (expected_errors.hpp)
//   halves                                              the same of the guess, and of features by how many channels there are
// Reads the manifest once; immutable after, but for the guesses' mean. Numbers are not trusted. One thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/expected_errors.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/question.hpp"
#include "core/pipeline/route.hpp"
#include "core/promise/error_curve.hpp"

namespace sluice::pipeline {

class PromiseScale {
 public:
  // kInvalidArgument where there are more ways than a promise is about, or none at all.
  static Result<PromiseScale> make(const Manifest& manifest, std::span<const std::unique_ptr<Question>> questions);

  std::size_t places() const { return expected_.size(); }
  std::span<const promise::ErrorCurve::Rates> expected() const { return expected_; }

  // The thresholds that the bundle was calibrated to for this target, the errors shared among the questions as without a promise; none of exits
  // and halves.
  std::vector<float> begins(const Manifest& manifest, float target) const;

  float score(std::size_t question, float own) const;  // NaN of what is no score
  float own_score(std::size_t question, float score) const;
  // Exits and halves; nullopt: the bundle has none.
  std::optional<std::size_t> exits() const { return exits_place_; }
  std::optional<std::size_t> halves() const { return halves_place_; }
  std::optional<std::size_t> place_of(adapt::AnswerKind kind) const;
  // Of what there is half-way on a route.
  float score(const HalfWay& there);
  // Of the halves' combined answer.
  float score_of_channels(std::uint32_t channels) const;
  // Calibrated numbers of channels above 0, growing.
  std::span<const SplitPoint> split_points() const { return split_points_; }

 private:
  PromiseScale() = default;

  std::vector<std::optional<std::size_t>> asked_;  // by question, its place among the manifest's
  std::vector<std::optional<float>> widest_;       // by question; nullopt: probabilities
  std::vector<promise::ErrorCurve::Rates> expected_;
  std::optional<std::size_t> exits_place_;
  std::optional<std::size_t> halves_place_;
  std::optional<ExitErrors> exits_;
  std::optional<ExitErrors> cut_;
  std::vector<SplitPoint> split_points_;
  double guess_error_ = 1;
  GuessErrors guesses_;
};

}  // namespace sluice::pipeline
