// Whether two tensors agree. Pure.
#pragma once

#include <string>

#include "core/tensor/tensor.hpp"

namespace sluice::conformance {

// Empty when they agree, else what differs first and by how much. NaN agrees with NaN.
std::string difference(const TensorView& got, const TensorView& expected, double relative, double absolute);

}  // namespace sluice::conformance
