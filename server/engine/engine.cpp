#include "server/engine/engine.hpp"

namespace sluice::server {

namespace {

bool fits(const model::TensorInfo& info, const Shape& shape) {
  if (shape.rank() != info.dims.size()) return false;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (info.dims[axis] >= 0 && info.dims[axis] != shape[axis]) return false;
  }
  return true;
}

}  // namespace

std::string describe(const model::TensorInfo& info) {
  std::string text(type_name(info.type));
  text += " [";
  for (std::size_t axis = 0; axis < info.dims.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += info.dims[axis] < 0 ? "?" : std::to_string(info.dims[axis]);
  }
  return text + "]";
}

Result<void> check_inputs(std::span<const model::TensorInfo> expected, std::span<const TensorView> inputs) {
  if (inputs.size() != expected.size()) {
    return fail(ErrorCode::kInvalidArgument,
                "the model takes " + std::to_string(expected.size()) + " inputs, got " + std::to_string(inputs.size()));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& info = expected[i];
    const auto& input = inputs[i];
    if (input.type != info.type) {
      return fail(ErrorCode::kTypeMismatch, "input '" + info.name + "' is " + std::string(type_name(input.type)) +
                                                ", the model expects " + describe(info));
    }
    if (!fits(info, input.shape)) {
      return fail(ErrorCode::kShapeMismatch, "input '" + info.name + "' has shape " + to_string(input.shape) +
                                                 ", the model expects " + describe(info));
    }
    const auto count = input.shape.element_count();
    if (!count || *count > input.bytes.size() / element_size(input.type) ||
        *count * element_size(input.type) != input.bytes.size()) {
      return fail(ErrorCode::kShapeMismatch, "input '" + info.name + "' has " + std::to_string(input.bytes.size()) +
                                                 " bytes, which is not what shape " + to_string(input.shape) +
                                                 " takes");
    }
  }
  return {};
}

}  // namespace sluice::server
