// GlobalAveragePool and GlobalMaxPool (float32) and QuantizedGlobalAveragePool (int8) of kNhwcDomain: [N, H, W, C] to
// [N, 1, 1, C]. Own loops over contiguous channels: XNNPACK's reductions would bring every type and operator along.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/quantized_form.hpp"

namespace sluice::model::xnnpack {
namespace {

struct Extent {
  std::size_t batch = 0;
  std::size_t places = 0;
  std::size_t channels = 0;
};

Result<Extent> read_extent(const TensorView& input, DataType type) {
  const Shape& shape = input.shape;
  if (input.type != type) return fail(ErrorCode::kUnsupportedType, {"the input is not ", type_name(type)});
  if (shape.rank() != 4 || shape[1] < 1 || shape[2] < 1) {
    return fail(ErrorCode::kShapeMismatch,
                {"the input has channels-last shape ", to_string(shape), ", which has no pixels"});
  }
  return Extent{static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1] * shape[2]),
                static_cast<std::size_t>(shape[3])};
}

Shape pooled(const Shape& input) { return {input[0], 1, 1, input[3]}; }

class GlobalPool final : public Kernel {
 public:
  explicit GlobalPool(bool average) : average_(average) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const auto extent = read_extent(inputs[0], DataType::kFloat32);
    if (!extent) return fail(extent.error());
    extent_ = *extent;
    outputs[0] = {DataType::kFloat32, pooled(inputs[0].shape)};
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const float* input = inputs[0].as<float>().data();
    float* output = outputs[0].as<float>().data();
    const std::size_t channels = extent_.channels;
    for (std::size_t n = 0; n < extent_.batch; ++n, output += channels) {
      std::fill_n(output, channels, average_ ? 0.0F : -std::numeric_limits<float>::infinity());
      for (std::size_t place = 0; place < extent_.places; ++place, input += channels) {
        if (average_) {
          for (std::size_t c = 0; c < channels; ++c) output[c] += input[c];
        } else {
          for (std::size_t c = 0; c < channels; ++c) output[c] = std::max(output[c], input[c]);
        }
      }
      if (!average_) continue;
      const float share = 1.0F / static_cast<float>(extent_.places);
      for (std::size_t c = 0; c < channels; ++c) output[c] *= share;
    }
    return {};
  }

 private:
  bool average_;
  Extent extent_;
};

class QuantizedGlobalAveragePool final : public Kernel {
 public:
  QuantizedGlobalAveragePool(const Int8Quantization& input, const Int8Quantization& output)
      : input_(input), output_(output) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const auto extent = read_extent(inputs[0], DataType::kInt8);
    if (!extent) return fail(extent.error());
    // Sums of that many int8 fit in int32.
    if (extent->places > (std::size_t{1} << 23))
      return fail(ErrorCode::kUnsupportedOperator, "the image has too many pixels");
    extent_ = *extent;
    sums_.resize(extent_.channels);
    outputs[0] = {DataType::kInt8, pooled(inputs[0].shape)};
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const std::int8_t* input = inputs[0].as<std::int8_t>().data();
    std::int8_t* output = outputs[0].as<std::int8_t>().data();
    const auto places = static_cast<std::int32_t>(extent_.places);
    const float factor = input_.scale / output_.scale / static_cast<float>(places);
    for (std::size_t n = 0; n < extent_.batch; ++n) {
      std::ranges::fill(sums_, -places * input_.zero_point);
      for (std::size_t place = 0; place < extent_.places; ++place, input += extent_.channels) {
        for (std::size_t c = 0; c < extent_.channels; ++c) sums_[c] += input[c];
      }
      for (const std::int32_t sum : sums_) {
        const float rounded = std::nearbyint(static_cast<float>(sum) * factor) + static_cast<float>(output_.zero_point);
        *output++ = static_cast<std::int8_t>(std::clamp(rounded, -128.0F, 127.0F));
      }
    }
    return {};
  }

 private:
  Int8Quantization input_;
  Int8Quantization output_;
  Extent extent_;
  std::vector<std::int32_t> sums_;
};

}  // namespace

MadeKernel make_global_average_pool(const Node&, const KernelContext&) { return std::make_unique<GlobalPool>(true); }

MadeKernel make_global_max_pool(const Node&, const KernelContext&) { return std::make_unique<GlobalPool>(false); }

MadeKernel make_quantized_global_average_pool(const Node& node, const KernelContext&) {
  return std::make_unique<QuantizedGlobalAveragePool>(read_quantization(node, "input"),
                                                      read_quantization(node, "output"));
}

}  // namespace sluice::model::xnnpack
