// Random forest regression (Breiman 2001): trees grown on samples drawn with replacement, each split the best among some of the predictors, and
// the mean of what their leaves say. Deterministic by its seed. Immutable once grown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::simulate {

inline constexpr std::size_t kPredictors = 4;
using Predictors = std::array<double, kPredictors>;

struct ForestOptions {
  std::size_t trees = 200;
  std::size_t least_leaf = 3;        // samples
  std::size_t tried_predictors = 2;  // at each split
  std::uint64_t seed = 1;
};

class RegressionForest {
 public:
  // As many values as rows, at least one.
  RegressionForest(const std::vector<Predictors>& rows, const std::vector<double>& values,
                   const ForestOptions& options = {});
  double operator()(const Predictors& row) const;

 private:
  struct Node {
    std::size_t predictor = 0;
    double below = 0;      // a row whose predictor is smaller goes left
    std::size_t left = 0;  // 0: a leaf
    std::size_t right = 0;
    double value = 0;  // of a leaf
  };
  using Tree = std::vector<Node>;
  struct Grower;

  std::vector<Tree> trees_;
};

}  // namespace sluice::simulate
