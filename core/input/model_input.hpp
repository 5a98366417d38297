// Whether a model takes pictures of a given shape: asked once when a bundle's part is loaded, so that a wrong manifest is
// reported there and not at the first frame. No state.
#pragma once

#include "core/base/result.hpp"
#include "core/model/model.hpp"
#include "core/tensor/shape.hpp"

namespace sluice::input {

// Success when the model has one input, float32, whose dimensions are `shape` where the model does not leave them open.
// kShapeMismatch or kTypeMismatch name both sides.
Result<void> check_model_input(const model::Model& model, const Shape& shape);

}  // namespace sluice::input
