#include "core/filter/skip_filter.hpp"

#include <array>
#include <cmath>
#include <string>

#include "core/input/model_input.hpp"

namespace sluice::filter {
namespace {

// A sigmoid computed in float may pass its bounds by a rounding; more than that is another kind of output.
constexpr float kRoundingSlack = 1e-3F;

Result<void> check_output(const model::Model& model) {
  if (model.outputs().size() != 1) {
    return fail(ErrorCode::kShapeMismatch, {"a skip filter has one output; this one has ", model.outputs().size()});
  }
  const model::TensorInfo& output = model.outputs()[0];
  if (output.type != DataType::kFloat32) {
    return fail(ErrorCode::kTypeMismatch,
                {"the skip filter's output '", output.name, "' is ", type_name(output.type), "; it must be float32"});
  }
  for (const std::int64_t dim : output.dims) {
    if (dim == 1 || dim < 0) continue;
    return fail(ErrorCode::kShapeMismatch, {"the skip filter's output '", output.name,
                                            "' must be a single probability, but has a dimension of ", dim});
  }
  return {};
}

}  // namespace

SkipFilter::SkipFilter(model::Model model, input::ImageToTensor to_tensor, Tensor input)
    : model_(std::move(model)), to_tensor_(std::move(to_tensor)), input_(std::move(input)) {}

Result<SkipFilter> SkipFilter::load(Bytes onnx, const input::ImageSpec& spec, const model::LoadOptions& options) {
  auto to_tensor = input::ImageToTensor::create(spec);
  if (!to_tensor) return fail(to_tensor.error());
  auto model = model::Model::load(onnx, options);
  if (!model) return fail(model.error());
  if (auto checked = input::check_model_input(*model, to_tensor->tensor_shape()); !checked)
    return fail(checked.error());
  if (auto checked = check_output(*model); !checked) return fail(checked.error());
  auto input = Tensor::create(DataType::kFloat32, to_tensor->tensor_shape(), options.limits.max_tensor_bytes);
  if (!input) return fail(input.error());
  return SkipFilter(std::move(*model), std::move(*to_tensor), std::move(*input));
}

Result<float> SkipFilter::score(const input::ImageView& frame) {
  if (auto converted = to_tensor_.run(frame, input_.mutable_view()); !converted) return fail(converted.error());
  const std::array<TensorView, 1> inputs = {input_.view()};
  if (auto run = model_.run(inputs); !run) return fail(run.error());
  const auto values = model_.output(0).as<float>();
  if (values.size() != 1) {
    return fail(ErrorCode::kShapeMismatch,
                {"the skip filter answered with ", values.size(), " values in place of one probability"});
  }
  const float score = values[0];
  if (!(score >= -kRoundingSlack && score <= 1 + kRoundingSlack)) {  // also when it is not a number
    return fail(ErrorCode::kExecutionFailed, {"the skip filter answered ", score, ", which is no probability"});
  }
  return std::fmin(std::fmax(score, 0.0F), 1.0F);
}

}  // namespace sluice::filter
