// Shapes as XNNPACK's binary operators take them, and the shape that two broadcast to.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "core/tensor/shape.hpp"

namespace sluice::model::xnnpack {

using Sizes = std::array<std::size_t, Shape::kMaxRank>;

Sizes sizes_of(const Shape& shape);

// ONNX's multidirectional (NumPy's) broadcasting; nullopt when the shapes do not fit.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);

}  // namespace sluice::model::xnnpack
