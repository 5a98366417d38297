#include "core/model/ops/strided_walk.hpp"

#include <algorithm>

namespace sluice::model::ops {

Strides row_major_strides(const Shape& shape) {
  Strides strides{};
  // A tensor with an empty axis has nothing to walk, and its other sizes may be anything: no product of them is safe.
  if (std::ranges::count(shape.dims(), 0) != 0) return strides;
  std::ptrdiff_t step = 1;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    strides[axis] = step;
    step *= static_cast<std::ptrdiff_t>(shape[axis]);
  }
  return strides;
}

Strides broadcast_strides(const Shape& shape, const Shape& box) {
  const Strides dense = row_major_strides(shape);
  Strides strides{};
  const std::size_t missing = box.rank() - shape.rank();
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    strides[missing + axis] = shape[axis] == 1 ? 0 : dense[axis];
  }
  return strides;
}

}  // namespace sluice::model::ops
