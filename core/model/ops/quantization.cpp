// QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear. Scales and zero points are one number, or one for each
// channel along `axis` (from opset 13).
#include <algorithm>
#include <limits>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/zero_point.hpp"

namespace sluice::model::ops {
namespace {

using CodeTypes = Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t>;
using DequantizedTypes = Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::int32_t>;

// Walks a tensor channel by channel.
class PerAxisKernel : public PlainKernel {
 public:
  PerAxisKernel(const Node& node, const KernelContext& context) : PlainKernel(context), axis_(node.int_or("axis", 1)) {}

 protected:
  Result<void> plan(Inputs inputs) {
    const Shape& shape = inputs[0].shape;
    if (inputs[1].type != DataType::kFloat32) return refuse_type("scale", inputs[1].type, "float32");
    outer_ = 1;
    channels_ = 1;
    inner_ = product(shape);
    std::int64_t allowed = 0;
    if (inputs[1].shape.element_count() != 1) {
      const auto axis = normalise_axis(axis_, shape.rank());
      if (!axis) return fail(axis.error());
      outer_ = product(shape, 0, *axis);
      channels_ = static_cast<std::ptrdiff_t>(shape[*axis]);
      inner_ = product(shape, *axis + 1, shape.rank());
      allowed = shape[*axis];
    }
    if (auto checked = check_per_channel("the scale", inputs[1], allowed); !checked) return checked;
    return is_present(inputs, 2) ? check_per_channel("the zero point", inputs[2], allowed) : Result<void>{};
  }

  // Calls f(first, last, channel) for each stretch of elements with one scale.
  template <typename F>
  void for_each_channel(F f) const {
    std::size_t at = 0;
    for (std::ptrdiff_t o = 0; o < outer_; ++o) {
      for (std::ptrdiff_t c = 0; c < channels_; ++c, at += static_cast<std::size_t>(inner_)) {
        f(at, at + static_cast<std::size_t>(inner_), c);
      }
    }
  }

 private:
  std::int64_t axis_;
  std::ptrdiff_t outer_ = 1;
  std::ptrdiff_t channels_ = 1;
  std::ptrdiff_t inner_ = 0;
};

class QuantizeKernel final : public PerAxisKernel {
 public:
  using PerAxisKernel::PerAxisKernel;

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, SourceTypes{})) return refuse_type("input", inputs[0].type, "float32");
    const DataType type = is_present(inputs, 2) ? inputs[2].type : DataType::kUint8;
    if (!contains(type, CodeTypes{})) return refuse_type("zero point", type, "uint8 or int8");
    if (auto planned = plan(inputs); !planned) return planned;
    outputs[0] = {type, inputs[0].shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const Scales scales(inputs[1]);
    const ZeroPoints zeros(inputs, 2);
    visit(inputs[0].type, SourceTypes{}, [&]<typename X>() {
      visit(outputs[0].type, CodeTypes{}, [&]<typename Y>() {
        const auto x = inputs[0].as<X>();
        const auto y = outputs[0].as<Y>();
        for_each_channel([&](std::size_t first, std::size_t last, std::ptrdiff_t channel) {
          const float scale = scales[channel];
          const std::int32_t zero = zeros[channel];
          for (std::size_t i = first; i < last; ++i) {
            y[i] = static_cast<Y>(quantize(static_cast<float>(x[i]), scale, zero, std::numeric_limits<Y>::min(),
                                           std::numeric_limits<Y>::max()));
          }
        });
      });
    });
    return {};
  }

 private:
  using SourceTypes = Types<float, std::int32_t>;
};

class DequantizeKernel final : public PerAxisKernel {
 public:
  using PerAxisKernel::PerAxisKernel;

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, DequantizedTypes{})) return refuse_type("input", inputs[0].type, "uint8 or int8");
    if (is_present(inputs, 2)) {
      if (auto same = check_same_type("the zero point", inputs[2].type, inputs[0].type); !same) return same;
    }
    if (auto planned = plan(inputs); !planned) return planned;
    const auto shape = bounded_shape(inputs[0].shape.dims(), DataType::kFloat32);
    if (!shape) return fail(shape.error());
    outputs[0] = {DataType::kFloat32, *shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const Scales scales(inputs[1]);
    const ZeroPoints zeros(inputs, 2);
    visit(inputs[0].type, DequantizedTypes{}, [&]<typename X>() {
      const auto x = inputs[0].as<X>();
      const auto y = outputs[0].as<float>();
      for_each_channel([&](std::size_t first, std::size_t last, std::ptrdiff_t channel) {
        const float scale = scales[channel];
        const std::int64_t zero = zeros[channel];
        for (std::size_t i = first; i < last; ++i) y[i] = static_cast<float>(x[i] - zero) * scale;
      });
    });
    return {};
  }
};

// float32 to uint8 with a scale that spans the values and 0. Outputs: codes, scale, zero point.
class DynamicQuantizeKernel final : public PlainKernel {
 public:
  DynamicQuantizeKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (inputs[0].type != DataType::kFloat32) return refuse_type("input", inputs[0].type, "float32");
    outputs[0] = {DataType::kUint8, inputs[0].shape};
    if (outputs.size() > 1) outputs[1] = {DataType::kFloat32, {}};
    if (outputs.size() > 2) outputs[2] = {DataType::kUint8, {}};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    float low = 0;
    float high = 0;
    for (float value : inputs[0].as<float>()) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
    const float scale = high > low ? (high - low) / 255.0F : 1.0F;
    const auto zero = static_cast<std::uint8_t>(quantize(-low, scale, 0, 0, 255));
    if (is_wanted(outputs, 1)) outputs[1].as<float>()[0] = scale;
    if (is_wanted(outputs, 2)) outputs[2].as<std::uint8_t>()[0] = zero;
    if (is_wanted(outputs, 0)) {
      std::ranges::transform(inputs[0].as<float>(), outputs[0].as<std::uint8_t>().data(), [&](float value) {
        return static_cast<std::uint8_t>(quantize(value, scale, zero, 0, 255));
      });
    }
    return {};
  }
};

template <typename K>
MadeKernel make_unblocked(const Node& node, const KernelContext& context, std::size_t min_inputs) {
  if (node.int_or("block_size", 0) != 0) {
    return fail(ErrorCode::kUnsupportedOperator, "block_size is not supported; quantise by tensor or by channel");
  }
  return make_plain<K>(node, context, min_inputs, 3);
}

}  // namespace

MadeKernel make_quantize_linear(const Node& node, const KernelContext& context) {
  // From opset 21 an attribute may name the type where there is no zero point; 2 is uint8, the default.
  const std::int64_t type = node.int_or("output_dtype", 0);
  if (type != 0 && type != 2 && node.inputs.size() < 3) {
    return fail(ErrorCode::kUnsupportedOperator, "output_dtype without a zero point is supported for uint8 only");
  }
  return make_unblocked<QuantizeKernel>(node, context, 2);
}
MadeKernel make_dequantize_linear(const Node& node, const KernelContext& context) {
  return make_unblocked<DequantizeKernel>(node, context, 2);
}
MadeKernel make_dynamic_quantize_linear(const Node& node, const KernelContext& context) {
  return make_plain<DynamicQuantizeKernel>(node, context, 1, 1, 3);
}

}  // namespace sluice::model::ops
