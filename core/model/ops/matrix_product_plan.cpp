#include "core/model/ops/matrix_product_plan.hpp"

namespace sluice::model::ops {
namespace {

// Strides of a tensor's matrices over the batch box.
Strides batch_strides(const Shape& shape, std::size_t matrix_axes, const Shape& box) {
  const auto batch = shape.dims().first(shape.rank() - matrix_axes);
  Strides strides = broadcast_strides(*Shape::make(batch), box);
  const std::ptrdiff_t matrix = product(shape, batch.size(), shape.rank());
  for (std::ptrdiff_t& stride : strides) stride *= matrix;
  return strides;
}

}  // namespace

std::uint64_t MatrixProductPlan::multiply_adds() const {
  CheckedInt64 count = depth;
  for (std::int64_t dim : output) count = count * dim;
  return count.ok() ? static_cast<std::uint64_t>(count.value()) : 0;
}

Result<MatrixProductPlan> plan_matrix_product(const Shape& a, const Shape& b) {
  if (a.rank() == 0) return refuse_shape("A", a, "1 dimension or more");
  if (b.rank() == 0) return refuse_shape("B", b, "1 dimension or more");
  const std::size_t a_axes = a.rank() == 1 ? 1 : 2;
  const std::size_t b_axes = b.rank() == 1 ? 1 : 2;
  const std::int64_t depth = a[a.rank() - 1];
  if (b[b.rank() - b_axes] != depth) {
    return fail(ErrorCode::kInvalidGraph, {"matrices of shape ", to_string(a), " and ", to_string(b),
                                           " do not multiply: the inner sizes differ"});
  }
  const auto box =
      broadcast(*Shape::make(a.dims().first(a.rank() - a_axes)), *Shape::make(b.dims().first(b.rank() - b_axes)));
  if (!box) return fail(box.error());
  MatrixProductPlan plan;
  plan.depth = static_cast<std::ptrdiff_t>(depth);
  plan.output.assign(box->dims().begin(), box->dims().end());
  if (a_axes == 2) {
    plan.rows = static_cast<std::ptrdiff_t>(a[a.rank() - 2]);
    plan.output.push_back(plan.rows);
  }
  if (b_axes == 2) {
    plan.columns = static_cast<std::ptrdiff_t>(b[b.rank() - 1]);
    plan.output.push_back(plan.columns);
  }
  plan.batches = StridedWalk<2>(*box, {batch_strides(a, a_axes, *box), batch_strides(b, b_axes, *box)});
  return plan;
}

}  // namespace sluice::model::ops
