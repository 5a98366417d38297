// Support vector regression with a Gaussian kernel: errors within a tube cost nothing, beyond it as much as they are long. Fitted by coordinate
// descent on the dual, the constant as part of the kernel (so that there is no equation to keep). Predictors are expected of unit
// scale; values are scaled here. Deterministic. Immutable once fitted.
#pragma once

#include <vector>

#include "native/simulate/placement/regression_forest.hpp"

namespace sluice::simulate {

struct SupportVectorOptions {
  double cost = 30;      // of an error beyond the tube
  double tube = 0.02;    // half its width, in deviations of the values
  double kernel = 0.25;  // exp(-kernel x squared distance)
  int most_rounds = 2000;
};

class SupportVectorRegression {
 public:
  // As many values as rows, at least one.
  SupportVectorRegression(const std::vector<Predictors>& rows, const std::vector<double>& values,
                          const SupportVectorOptions& options = {});
  double operator()(const Predictors& row) const;

 private:
  double kernel(const Predictors& one, const Predictors& other) const;

  std::vector<Predictors> rows_;
  std::vector<double> weights_;  // by row; 0: no support vector
  double kernel_;
  double mean_ = 0;
  double deviation_ = 1;
};

}  // namespace sluice::simulate
