// The one rule about values that are no finite numbers, for every input that is a tensor: refused where it enters, with the
// element named, since a model would turn them into results that look like any other. Pure; safe from any thread.
#pragma once

#include <string_view>

#include "core/base/result.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::input {

// kInvalidInput: "element 7 of <what> is nan, ..." Tensors of integers always pass. The tensor may lie at any address.
Result<void> check_finite(TensorView tensor, std::string_view what);

}  // namespace sluice::input
