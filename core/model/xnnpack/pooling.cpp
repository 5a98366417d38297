// MaxPool (float32, int8) and AveragePool (float32, padding not counted) of kNhwcDomain.
#include <limits>

#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"
#include "core/model/window.hpp"

namespace sluice::model::xnnpack {
namespace {

enum class PoolKind : std::uint8_t { kMaxFloat, kMaxInt8, kAverage };

class Pool final : public Kernel {
 public:
  Pool(PoolKind kind, const Window& window, Operator op, const KernelContext& context)
      : kind_(kind),
        window_(window),
        operator_(std::move(op)),
        threads_(context.threads),
        memory_limit_bytes_(context.memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const DataType type = kind_ == PoolKind::kMaxInt8 ? DataType::kInt8 : DataType::kFloat32;
    const Shape& input = inputs[0].shape;
    if (inputs[0].type != type) {
      return fail(ErrorCode::kUnsupportedType, {"the input is not ", type_name(type)});
    }
    if (input.rank() != 4 || input[3] < 1)
      return fail(ErrorCode::kShapeMismatch, {"the input has shape ", to_string(input)});
    const auto extent = window_output(window_, {input[1], input[2]});
    if (!extent)
      return fail(ErrorCode::kInvalidGraph, {"the window is larger than the padded input ", to_string(input)});
    const Shape output{input[0], (*extent)[0], (*extent)[1], input[3]};
    if (auto size = dense_size(DataType::kFloat32, output, memory_limit_bytes_); !size) return fail(size.error());
    const auto table = dense_size(DataType::kUint64, Shape{output[1], output[2], window_.kernel[0], window_.kernel[1]},
                                  std::size_t{1} << 30);
    if (!table)
      return fail(ErrorCode::kOutOfMemory, {"the window takes too much memory on an output of ", to_string(output)});
    outputs[0] = {type, output};
    return reshape_operator(input);
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    if (auto ready = check(set_up(inputs[0], outputs[0]), "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

 private:
  Result<void> reshape_operator(const Shape& input) {
    const auto batch = static_cast<std::size_t>(input[0]);
    const auto height = static_cast<std::size_t>(input[1]);
    const auto width = static_cast<std::size_t>(input[2]);
    const auto channels = static_cast<std::size_t>(input[3]);
    std::size_t bytes = 0;
    std::size_t alignment = 1;
    xnn_status status = xnn_status_success;
    switch (kind_) {
      case PoolKind::kMaxFloat:
        status = xnn_reshape_max_pooling2d_nhwc_f32(operator_.get(), batch, height, width, channels, channels, channels,
                                                    nullptr, nullptr, threads_);
        break;
      case PoolKind::kMaxInt8:
        status = xnn_reshape_max_pooling2d_nhwc_s8(operator_.get(), batch, height, width, channels, channels, channels,
                                                   nullptr, nullptr, threads_);
        break;
      case PoolKind::kAverage:
        status = xnn_reshape_average_pooling2d_nhwc_f32(operator_.get(), batch, height, width, channels, channels,
                                                        channels, &bytes, &alignment, nullptr, nullptr, threads_);
        break;
    }
    if (auto reshaped = check(status, "reshape"); !reshaped) return reshaped;
    return workspace_.reserve(bytes, alignment);
  }

  xnn_status set_up(const TensorView& input, const MutableTensorView& output) {
    switch (kind_) {
      case PoolKind::kMaxFloat:
        return xnn_setup_max_pooling2d_nhwc_f32(operator_.get(), input.as<float>().data(), output.as<float>().data());
      case PoolKind::kMaxInt8:
        return xnn_setup_max_pooling2d_nhwc_s8(operator_.get(), input.as<std::int8_t>().data(),
                                               output.as<std::int8_t>().data());
      case PoolKind::kAverage:
        return xnn_setup_average_pooling2d_nhwc_f32(operator_.get(), workspace_.data(), input.as<float>().data(),
                                                    output.as<float>().data());
    }
    return xnn_status_invalid_state;
  }

  PoolKind kind_;
  Window window_;
  Operator operator_;
  pthreadpool* threads_;
  std::size_t memory_limit_bytes_;
  Workspace workspace_;
};

}  // namespace

MadeKernel make_max_pool(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto window = read_window(node, std::nullopt);
  if (!window) return fail(window.error());
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const bool is_int8 = context.graph.values[node.inputs[0]].type == DataType::kInt8;
  xnn_operator_t made = nullptr;
  const auto status =
      is_int8 ? xnn_create_max_pooling2d_nhwc_s8(
                    u32(window->pad_begin[0]), u32(window->pad_end[1]), u32(window->pad_end[0]),
                    u32(window->pad_begin[1]), u32(window->kernel[0]), u32(window->kernel[1]), u32(window->stride[0]),
                    u32(window->stride[1]), u32(window->dilation[0]), u32(window->dilation[1]), -128, 127, 0, &made)
              : xnn_create_max_pooling2d_nhwc_f32(
                    u32(window->pad_begin[0]), u32(window->pad_end[1]), u32(window->pad_end[0]),
                    u32(window->pad_begin[1]), u32(window->kernel[0]), u32(window->kernel[1]), u32(window->stride[0]),
                    u32(window->stride[1]), u32(window->dilation[0]), u32(window->dilation[1]),
                    node.float_or("activation_min", -kInfinity), node.float_or("activation_max", kInfinity), 0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Pool>(is_int8 ? PoolKind::kMaxInt8 : PoolKind::kMaxFloat, *window, std::move(op), context);
}

MadeKernel make_average_pool(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto window = read_window(node, std::nullopt);
  if (!window) return fail(window.error());
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_average_pooling2d_nhwc_f32(
      u32(window->pad_begin[0]), u32(window->pad_end[1]), u32(window->pad_end[0]), u32(window->pad_begin[1]),
      u32(window->kernel[0]), u32(window->kernel[1]), u32(window->stride[0]), u32(window->stride[1]),
      node.float_or("activation_min", -kInfinity), node.float_or("activation_max", kInfinity), 0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Pool>(PoolKind::kAverage, *window, std::move(op), context);
}

}  // namespace sluice::model::xnnpack
