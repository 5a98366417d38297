// When the full model's result adds nothing: a rule over the result, such as "count == 0" or "count < 2 and
// max_score < 0.5". It labels recorded frames for training and calibrating the SKIP filter, and judges skipped ones.
//   rule       := term { "or" term }
//   term       := comparison { "and" comparison }
//   comparison := ("count" | "max_score") ("==" | "!=" | "<" | "<=" | ">" | ">=") number
// count: detections in the result; max_score: the best one's score, 0 when there is none.
// Immutable once parsed; safe from any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/output_tensor.hpp"

namespace sluice::output {

class RedundancyRule {
 public:
  static constexpr std::size_t kMaxComparisons = 16;

  // kInvalidArgument says what was expected at which column of the rule.
  static Result<RedundancyRule> parse(std::string_view text);

  // Whether a result of this many detections with this best score is redundant.
  bool redundant(double count, double max_score) const;

  // The same for a result; kNotFound when it holds no detections tensor, kShapeMismatch or kTypeMismatch when that is none.
  Result<bool> redundant(std::span<const OutputTensor> result) const;

 private:
  enum class Field : std::uint8_t { kCount, kMaxScore };
  enum class Compare : std::uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
  struct Comparison {
    Field field = Field::kCount;
    Compare compare = Compare::kEqual;
    double number = 0;
    bool starts_term = false;  // after an "or", or first
  };
  class Parser;

  std::vector<Comparison> comparisons_;
};

}  // namespace sluice::output
