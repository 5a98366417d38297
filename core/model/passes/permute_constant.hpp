// Constants in another order of dimensions: dimension i of the result is dimension perm[i] of the source.
#pragma once

#include <span>

#include "core/base/result.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::model::passes {

Result<Tensor> permuted(const TensorView& source, std::span<const std::int64_t> perm);

}  // namespace sluice::model::passes
