// The activation functions that RNN, GRU and LSTM name in their attributes, with alpha and beta. Plain values.
#pragma once

#include <string_view>

#include "core/base/result.hpp"

namespace sluice::model::ops {

struct RecurrentActivation {
  float (*function)(float x, float alpha, float beta) = nullptr;
  float alpha = 0;
  float beta = 0;

  float operator()(float x) const { return function(x, alpha, beta); }

  // With the default alpha and beta; kUnsupportedOperator for a name that ONNX does not list. Case does not matter.
  static Result<RecurrentActivation> named(std::string_view name);
};

}  // namespace sluice::model::ops
