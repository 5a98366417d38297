// The shapes of numpy's matmul: the last two axes are matrices, the axes before broadcast, a vector on either side is a
// matrix with one row or column that the result loses again. Shared by MatMul and its integer forms.
#pragma once

#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {

struct MatrixProductPlan {
  std::ptrdiff_t rows = 1;
  std::ptrdiff_t depth = 1;
  std::ptrdiff_t columns = 1;
  StridedWalk<2> batches;  // first matrix of each pair, in elements of a and of b
  std::vector<std::int64_t> output;

  std::uint64_t multiply_adds() const;
};

Result<MatrixProductPlan> plan_matrix_product(const Shape& a, const Shape& b);

}  // namespace sluice::model::ops
