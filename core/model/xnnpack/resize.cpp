// ResizeNearest (any type, whole factors, own loop) and ResizeBilinear (float32, XNNPACK) of kNhwcDomain.
#include <cstring>

#include "core/base/checked.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {
namespace {

class ResizeNearest final : public Kernel {
 public:
  ResizeNearest(std::int64_t height_scale, std::int64_t width_scale, std::size_t memory_limit_bytes)
      : height_scale_(height_scale), width_scale_(width_scale), memory_limit_bytes_(memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const Shape& input = inputs[0].shape;
    constexpr std::int64_t kMaxExtent = std::int64_t{1} << 40;
    if (input.rank() != 4 || input[1] > kMaxExtent || input[2] > kMaxExtent) {
      return fail(ErrorCode::kShapeMismatch, {"the input has shape ", to_string(input), ", which is no image"});
    }
    const Shape output{input[0], input[1] * height_scale_, input[2] * width_scale_, input[3]};
    if (auto size = dense_size(inputs[0].type, output, memory_limit_bytes_); !size) return fail(size.error());
    outputs[0] = {inputs[0].type, output};
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const Shape& shape = inputs[0].shape;
    const std::size_t pixel = static_cast<std::size_t>(shape[3]) * element_size(inputs[0].type);
    const auto rows = static_cast<std::size_t>(shape[0] * shape[1]);
    const auto width = static_cast<std::size_t>(shape[2]);
    const std::size_t output_row = pixel * width * static_cast<std::size_t>(width_scale_);
    if (outputs[0].bytes.empty()) return {};
    const std::byte* from = inputs[0].bytes.data();
    std::byte* to = outputs[0].bytes.data();
    for (std::size_t row = 0; row < rows; ++row) {
      std::byte* const first = to;
      for (std::size_t x = 0; x < width; ++x, from += pixel) {
        for (std::int64_t copy = 0; copy < width_scale_; ++copy, to += pixel) std::memcpy(to, from, pixel);
      }
      for (std::int64_t copy = 1; copy < height_scale_; ++copy, to += output_row) std::memcpy(to, first, output_row);
    }
    return {};
  }

 private:
  std::int64_t height_scale_;
  std::int64_t width_scale_;
  std::size_t memory_limit_bytes_;
};

class ResizeBilinear final : public Kernel {
 public:
  ResizeBilinear(std::int64_t height, std::int64_t width, Operator op, const KernelContext& context)
      : height_(height),
        width_(width),
        operator_(std::move(op)),
        threads_(context.threads),
        memory_limit_bytes_(context.memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const Shape& input = inputs[0].shape;
    if (inputs[0].type != DataType::kFloat32) return fail(ErrorCode::kUnsupportedType, "the input is not float32");
    if (input.rank() != 4)
      return fail(ErrorCode::kShapeMismatch, {"the input has shape ", to_string(input), ", no image"});
    const Shape output{input[0], height_, width_, input[3]};
    if (auto size = dense_size(DataType::kFloat32, output, memory_limit_bytes_); !size) return fail(size.error());
    const auto channels = static_cast<std::size_t>(input[3]);
    std::size_t bytes = 0;
    std::size_t alignment = 1;
    const auto status = xnn_reshape_resize_bilinear2d_nhwc_f32(
        operator_.get(), static_cast<std::size_t>(input[0]), static_cast<std::size_t>(input[1]),
        static_cast<std::size_t>(input[2]), channels, channels, channels, &bytes, &alignment, threads_);
    if (auto reshaped = check(status, "reshape"); !reshaped) return reshaped;
    outputs[0] = {DataType::kFloat32, output};
    return workspace_.reserve(bytes, alignment);
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const auto status = xnn_setup_resize_bilinear2d_nhwc_f32(
        operator_.get(), workspace_.data(), inputs[0].as<float>().data(), outputs[0].as<float>().data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

 private:
  std::int64_t height_;
  std::int64_t width_;
  Operator operator_;
  pthreadpool* threads_;
  std::size_t memory_limit_bytes_;
  Workspace workspace_;
};

}  // namespace

MadeKernel make_resize_nearest(const Node& node, const KernelContext& context) {
  return std::make_unique<ResizeNearest>(node.int_or("height_scale", 1), node.int_or("width_scale", 1),
                                         context.memory_limit_bytes);
}

MadeKernel make_resize_bilinear(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const std::int64_t height = node.int_or("height", 0);
  const std::int64_t width = node.int_or("width", 0);
  const std::string_view mode = node.string_or("coordinate_mode", "half_pixel");
  const std::uint32_t flags = mode == "align_corners" ? XNN_FLAG_ALIGN_CORNERS
                              : mode == "asymmetric"  ? XNN_FLAG_TENSORFLOW_LEGACY_MODE
                                                      : 0;
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_resize_bilinear2d_nhwc_f32(static_cast<std::size_t>(height),
                                                            static_cast<std::size_t>(width), flags, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<ResizeBilinear>(height, width, std::move(op), context);
}

}  // namespace sluice::model::xnnpack
