#include "core/input/model_input.hpp"

#include <string>

namespace sluice::input {
namespace {

std::string dims_text(const std::vector<std::int64_t>& dims) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis != 0) text += ", ";
    text += dims[axis] < 0 ? "?" : std::to_string(dims[axis]);
  }
  return text + "]";
}

}  // namespace

Result<void> check_model_input(const model::Model& model, const Shape& shape) {
  if (model.inputs().size() != 1) {
    return fail(ErrorCode::kShapeMismatch, {"a picture model takes one input; this one takes ", model.inputs().size()});
  }
  const model::TensorInfo& input = model.inputs()[0];
  if (input.type != DataType::kFloat32) {
    return fail(ErrorCode::kTypeMismatch, {"the model's input '", input.name, "' is ", type_name(input.type),
                                           "; a picture input must be float32"});
  }
  bool fits = input.dims.size() == shape.rank();
  for (std::size_t axis = 0; fits && axis < shape.rank(); ++axis) {
    fits = input.dims[axis] < 0 || input.dims[axis] == shape[axis];
  }
  if (!fits) {
    return fail(ErrorCode::kShapeMismatch, {"the model's input '", input.name, "' has the shape ",
                                            dims_text(input.dims), ", the manifest describes ", to_string(shape)});
  }
  return {};
}

}  // namespace sluice::input
