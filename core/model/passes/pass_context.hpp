// What every pass over a graph may know. Passes rewrite a Graph in place, keep its inputs and outputs in their order, and
// leave it executable by kernels of the operator set. They never fail for a model's sake: what a pass cannot improve it
// leaves alone, and a real fault shows when the kernels are made. Errors are limits only.
#pragma once

#include "core/model/kernel.hpp"
#include "core/model/limits.hpp"

namespace sluice::model::passes {

struct PassContext {
  OperatorSet operators;
  ModelLimits limits;
  pthreadpool* threads = nullptr;
};

}  // namespace sluice::model::passes
