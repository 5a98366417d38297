// ConvTranspose of kNhwcDomain: float32 deconvolution with fused bounds.
#include <algorithm>
#include <array>
#include <limits>

#include "core/model/xnnpack/convolution_form.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {
namespace {

using Adjustment = std::array<std::int64_t, 2>;

// When XNNPACK splits a deconvolution by the phases of its stride.
bool runs_by_phase(const Window& window) {
  const bool strided = window.stride[0] > 1 || window.stride[1] > 1;
  const bool dilated = window.dilation[0] > 1 || window.dilation[1] > 1;
  return strided && !dilated && window.stride[0] <= window.kernel[0] && window.stride[1] <= window.kernel[1];
}

class Deconvolution final : public Kernel {
 public:
  Deconvolution(const ConvolutionForm& form, const Adjustment& adjustment, Operator op, pthreadpool* threads)
      : form_(form), adjustment_(adjustment), operator_(std::move(op)), threads_(threads) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != DataType::kFloat32) return fail(ErrorCode::kUnsupportedType, "the input is not float32");
    const Shape& input = inputs[0].shape;
    const auto output = output_shape(input);
    if (!output) return fail(output.error());
    const auto status = xnn_reshape_deconvolution2d_nhwc_f32(
        operator_.get(), static_cast<std::size_t>(input[0]), static_cast<std::size_t>(input[1]),
        static_cast<std::size_t>(input[2]), u32(adjustment_[0]), u32(adjustment_[1]), nullptr, nullptr, threads_);
    if (auto reshaped = check(status, "reshape"); !reshaped) return reshaped;
    outputs[0] = {DataType::kFloat32, *output};
    multiply_adds_ = count_multiply_adds(form_, Shape{input[0], input[1], input[2], form_.output_channels()});
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const auto status = xnn_setup_deconvolution2d_nhwc_f32(operator_.get(), inputs[0].as<float>().data(),
                                                           outputs[0].as<float>().data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

  std::uint64_t multiply_adds() const override { return multiply_adds_; }

 private:
  Result<Shape> output_shape(const Shape& input) const {
    if (input.rank() != 4 || input[3] != form_.input_channels()) {
      return fail(ErrorCode::kShapeMismatch, {"the input has channels-last shape ", to_string(input),
                                              "; the weights take ", form_.input_channels(), " channels"});
    }
    const Window& window = form_.window;
    std::array<std::int64_t, 2> extent{};
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t length = input[axis + 1];
      if (length < 1 || length > (std::int64_t{1} << 31)) {
        return fail(ErrorCode::kShapeMismatch, {"the input has the unusable shape ", to_string(input)});
      }
      const std::int64_t reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
      extent[axis] = window.stride[axis] * (length - 1) + adjustment_[axis] + reach - window.pad_begin[axis] -
                     window.pad_end[axis];
      if (extent[axis] < 1) return fail(ErrorCode::kInvalidGraph, "the padding leaves nothing of the output");
      // XNNPACK then computes each phase of the stride by itself, and reads beyond its tables where a phase has no output.
      if (extent[axis] < window.stride[axis] && runs_by_phase(window)) {
        return fail(ErrorCode::kUnsupportedOperator, {"an output of ", extent[axis], " is smaller than the stride of ",
                                                      window.stride[axis], "; crop a larger one"});
      }
    }
    const Shape output{input[0], extent[0], extent[1], form_.output_channels()};
    if (auto size = dense_size(DataType::kFloat32, output, form_.memory_limit_bytes); !size) return fail(size.error());
    // One pointer for each element of the window at each place.
    const std::size_t pointer_bytes =
        std::min(form_.memory_limit_bytes, std::numeric_limits<std::size_t>::max() / 16) * 16;
    const auto pointers =
        dense_size(DataType::kUint64, Shape{extent[0], extent[1], window.kernel[0], window.kernel[1]}, pointer_bytes);
    if (!pointers) return fail(pointers.error());
    return output;
  }

  ConvolutionForm form_;
  Adjustment adjustment_;
  Operator operator_;
  pthreadpool* threads_;
  std::uint64_t multiply_adds_ = 0;
};

// [I, O / groups, H, W] -> [O, H, W, I / groups]
std::vector<float> reorder(std::span<const float> weights, const ConvolutionForm& form) {
  const auto groups = static_cast<std::size_t>(form.groups);
  const auto inputs = static_cast<std::size_t>(form.group_input_channels);
  const auto outputs = static_cast<std::size_t>(form.group_output_channels);
  const auto window = static_cast<std::size_t>(form.window.kernel[0] * form.window.kernel[1]);
  std::vector<float> result(weights.size());
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t w = 0; w < window; ++w) {
          result[((g * outputs + o) * window + w) * inputs + i] =
              weights[((g * inputs + i) * outputs + o) * window + w];
        }
      }
    }
  }
  return result;
}

}  // namespace

MadeKernel make_deconvolution(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto form = read_deconvolution(node, context);
  if (!form) return fail(form.error());
  const TensorView& weights = *context.graph.values[node.inputs[1]].constant;
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  const TensorView bias = has_bias ? *context.graph.values[node.inputs[2]].constant : TensorView{};
  if (weights.type != DataType::kFloat32 || (has_bias && bias.type != DataType::kFloat32)) {
    return fail(ErrorCode::kUnsupportedType, "weights and bias must be float32");
  }
  const auto padding = node.ints_or("output_padding", {0, 0});
  if (padding.size() != 2) return fail(ErrorCode::kUnsupportedOperator, "output_padding needs two values");
  const Adjustment adjustment{padding[0], padding[1]};
  const auto reordered = reorder(weights.as<float>(), *form);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Window& window = form->window;
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_deconvolution2d_nhwc_f32(
      u32(window.pad_begin[0]), u32(window.pad_end[1]), u32(window.pad_end[0]), u32(window.pad_begin[1]),
      u32(window.kernel[0]), u32(window.kernel[1]), u32(window.stride[0]), u32(window.stride[1]),
      u32(window.dilation[0]), u32(window.dilation[1]), u32(form->groups),
      static_cast<std::size_t>(form->group_input_channels), static_cast<std::size_t>(form->group_output_channels),
      static_cast<std::size_t>(form->input_channels()), static_cast<std::size_t>(form->output_channels()),
      reordered.data(), has_bias ? bias.as<float>().data() : nullptr, node.float_or("activation_min", -kInfinity),
      node.float_or("activation_max", kInfinity), 0, nullptr, nullptr, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Deconvolution>(*form, adjustment, std::move(op), context.threads);
}

}  // namespace sluice::model::xnnpack
