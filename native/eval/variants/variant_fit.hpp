// Whether an ONNX model may stand in a model's place: as a server checks it when it loads the bundle (server/models/served_model.cpp), said
// for whoever made it. Pure functions.
#pragma once

#include <span>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/model.hpp"

namespace sluice::eval {

// kInvalidArgument unless it is 1 to 64 of a-z 0-9 -.
Result<void> check_variant_name(std::string_view name);

// What a variant gives or takes (`which`: "input" or "output") beside what the model does, in order, by name, type and dimensions.
// kShapeMismatch, kTypeMismatch, or kNotFound for another name, say which one differs and how.
Result<void> check_tensors(std::string_view which, std::span<const model::TensorInfo> model,
                           std::span<const model::TensorInfo> variant);

}  // namespace sluice::eval
