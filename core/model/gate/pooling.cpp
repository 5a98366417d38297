// MaxPool and AveragePool of the gate set: loops over contiguous channels, which need none of XNNPACK's tables.
#include <algorithm>
#include <limits>

#include "core/model/gate/kernels.hpp"
#include "core/model/passes/fuse_activations.hpp"
#include "core/model/window.hpp"

namespace sluice::model::gate {
namespace {

// The taps of a window that lie inside the input, along one dimension.
struct Taps {
  Taps(const Window& window, std::size_t axis, std::int64_t output, std::int64_t extent) {
    const std::int64_t dilation = window.dilation[axis];
    const std::int64_t start = output * window.stride[axis] - window.pad_begin[axis];
    const std::int64_t skipped = start < 0 ? (dilation - 1 - start) / dilation : 0;
    first = start + skipped * dilation;
    const std::int64_t reached = first < extent ? (extent - 1 - first) / dilation + 1 : 0;
    count = std::max<std::int64_t>(std::min(reached, window.kernel[axis] - skipped), 0);
  }

  std::int64_t first = 0;  // place in the input
  std::int64_t count = 0;
};

class Pool final : public Kernel {
 public:
  Pool(bool average, const Window& window, const passes::Bounds& bounds, std::size_t memory_limit_bytes)
      : average_(average), window_(window), bounds_(bounds), memory_limit_bytes_(memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    input_ = inputs[0].shape;
    if (inputs[0].type != DataType::kFloat32) return fail(ErrorCode::kUnsupportedType, "the input is not float32");
    if (input_.rank() != 4) return fail(ErrorCode::kShapeMismatch, "the input has not the four dimensions of images");
    const auto extent = window_output(window_, {input_[1], input_[2]});
    if (!extent) return fail(ErrorCode::kInvalidGraph, "the window is larger than the padded input");
    output_ = {input_[0], (*extent)[0], (*extent)[1], input_[3]};
    if (auto size = dense_size(DataType::kFloat32, output_, memory_limit_bytes_); !size) return fail(size.error());
    outputs[0] = {DataType::kFloat32, output_};
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const float* input = inputs[0].as<float>().data();
    float* output = outputs[0].as<float>().data();
    for (std::int64_t n = 0; n < output_[0]; ++n, input += input_[1] * input_[2] * input_[3]) {
      for (std::int64_t y = 0; y < output_[1]; ++y) {
        const Taps rows(window_, 0, y, input_[1]);
        for (std::int64_t x = 0; x < output_[2]; ++x, output += output_[3]) {
          pool(input, rows, Taps(window_, 1, x, input_[2]), output);
        }
      }
    }
    return {};
  }

 private:
  void pool(const float* image, const Taps& rows, const Taps& columns, float* output) const {
    const auto channels = static_cast<std::size_t>(input_[3]);
    std::fill_n(output, channels, average_ ? 0.0F : -std::numeric_limits<float>::infinity());
    for (std::int64_t i = 0; i < rows.count; ++i) {
      for (std::int64_t j = 0; j < columns.count; ++j) {
        const std::int64_t y = rows.first + i * window_.dilation[0];
        const std::int64_t x = columns.first + j * window_.dilation[1];
        const float* element = image + (y * input_[2] + x) * input_[3];
        if (average_) {
          for (std::size_t c = 0; c < channels; ++c) output[c] += element[c];
        } else {
          for (std::size_t c = 0; c < channels; ++c) output[c] = std::max(output[c], element[c]);
        }
      }
    }
    const float share = average_ ? 1.0F / static_cast<float>(rows.count * columns.count) : 1.0F;
    for (std::size_t c = 0; c < channels; ++c) {
      output[c] = std::min(std::max(output[c] * share, bounds_.lower), bounds_.upper);
    }
  }

  bool average_;
  Window window_;
  passes::Bounds bounds_;
  std::size_t memory_limit_bytes_;
  Shape input_;
  Shape output_;
};

MadeKernel make_pool(bool average, const Node& node, const KernelContext& context) {
  const auto window = read_window(node, std::nullopt);
  if (!window) return fail(window.error());
  return std::make_unique<Pool>(average, *window, passes::fused_bounds(node), context.memory_limit_bytes);
}

}  // namespace

MadeKernel make_max_pool(const Node& node, const KernelContext& context) { return make_pool(false, node, context); }

MadeKernel make_average_pool(const Node& node, const KernelContext& context) { return make_pool(true, node, context); }

}  // namespace sluice::model::gate
