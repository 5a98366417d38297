#include "core/run/network.hpp"

#include <array>
#include <utility>

namespace sluice::run {

Result<void> check_single_input(std::span<const model::TensorInfo> inputs, DataType type, const Shape& shape) {
  if (inputs.size() != 1) {
    return fail(ErrorCode::kShapeMismatch, {"the model takes ", inputs.size(), " inputs; it must take one"});
  }
  const model::TensorInfo& input = inputs[0];
  if (input.type != type) {
    return fail(ErrorCode::kTypeMismatch, {"the model's input '", input.name, "' is ", type_name(input.type),
                                           "; the manifest describes ", type_name(type)});
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

Network::Network(std::unique_ptr<Stage> stage, std::unique_ptr<input::Preprocessor> preprocessor, Tensor input)
    : stage_(std::move(stage)), preprocessor_(std::move(preprocessor)), input_(std::move(input)) {}

Result<Network> Network::make(std::unique_ptr<Stage> stage, const input::InputSpec& spec,
                              std::span<const input::PreprocessorRow> preprocessors) {
  auto preprocessor = input::make_preprocessor(spec, preprocessors);
  if (!preprocessor) return fail(preprocessor.error());
  const DataType type = (*preprocessor)->tensor_type();
  const Shape shape = (*preprocessor)->tensor_shape();
  if (auto checked = check_single_input(stage->inputs(), type, shape); !checked) return fail(checked.error());
  auto input = Tensor::create(type, shape);
  if (!input) return fail(input.error());
  return Network(std::move(stage), std::move(*preprocessor), std::move(*input));
}

Result<Network> Network::load(Bytes onnx, const input::InputSpec& spec, const Loading& loading) {
  auto stage = load_stage(onnx, loading.model);
  if (!stage) return fail(stage.error());
  return make(std::move(*stage), spec, loading.preprocessors);
}

Result<input::Placement> Network::run(const input::InputView& input) {
  const auto placement = preprocessor_->run(input, input_.mutable_view());
  if (!placement) return fail(placement.error());
  const std::array<TensorView, 1> inputs = {input_.view()};
  if (auto ran = stage_->run(inputs); !ran) return fail(ran.error());
  return *placement;
}

}  // namespace sluice::run
