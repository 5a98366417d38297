// ConvInteger and QLinearConv: convolution of 8-bit tensors with 32-bit sums.
#include <algorithm>
#include <limits>

#include "core/model/ops/convolution_plan.hpp"
#include "core/model/ops/factories.hpp"
#include "core/model/ops/zero_point.hpp"

namespace sluice::model::ops {
namespace {

// What both operators share: the plan, and a loop over the four combinations of signedness. Sums wrap, as unsigned.
class ByteConvolution : public PlainKernel {
 public:
  ByteConvolution(const Node& node, const KernelContext& context, WindowAttributes attributes)
      : PlainKernel(context), attributes_(std::move(attributes)), groups_(node.int_or("group", 1)) {}

  std::uint64_t multiply_adds() const override { return plan_.multiply_adds(); }

 protected:
  Result<void> plan(const TensorView& x, const TensorView& w, DataType result, OutputSpec& output) {
    if (!contains(x.type, ByteTypes{})) return refuse_type("input", x.type, "uint8 or int8");
    if (!contains(w.type, ByteTypes{})) return refuse_type("weights", w.type, "uint8 or int8");
    auto plan = plan_convolution(attributes_, groups_, x.shape, w.shape);
    if (!plan) return fail(plan.error());
    const auto shape = bounded_shape(std::span<const CheckedInt64>(plan->output), result);
    if (!shape) return fail(shape.error());
    output = {result, *shape};
    plan_ = std::move(*plan);
    row_.resize(static_cast<std::size_t>(plan_.row()));
    return {};
  }

  template <typename Start, typename Store>
  void run_rows(const TensorView& x, std::int32_t x_zero, const TensorView& w, const ZeroPoints& w_zero, Start start,
                Store store) {
    visit(x.type, ByteTypes{}, [&]<typename X>() {
      visit(w.type, ByteTypes{}, [&]<typename W>() {
        convolve<std::uint32_t>(
            plan_, x.as<X>().data(), w.as<W>().data(), std::span<std::uint32_t>(row_),
            [=](X value) { return static_cast<std::uint32_t>(value - x_zero); },
            [&](W value, std::int64_t m) { return static_cast<std::uint32_t>(value - w_zero[m]); }, start, store);
      });
    });
  }

 private:
  WindowAttributes attributes_;
  std::int64_t groups_;
  ConvolutionPlan plan_;
  std::vector<std::uint32_t> row_;
};

// Inputs: x, w, x_zero_point, w_zero_point (one for each output channel).
class ConvIntegerKernel final : public ByteConvolution {
 public:
  using ByteConvolution::ByteConvolution;

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (auto planned = plan(inputs[0], inputs[1], DataType::kInt32, outputs[0]); !planned) return planned;
    for (std::size_t i : {2U, 3U}) {
      if (!is_present(inputs, i)) continue;
      if (auto same = check_same_type("a zero point", inputs[i].type, inputs[i - 2].type); !same) return same;
      const std::int64_t channels = i == 3 ? inputs[1].shape[0] : 0;
      if (auto checked = check_per_channel("a zero point", inputs[i], channels); !checked) return checked;
    }
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    auto* y = outputs[0].as<std::int32_t>().data();
    run_rows(
        inputs[0], ZeroPoints(inputs, 2)[0], inputs[1], ZeroPoints(inputs, 3), [](std::int64_t) { return 0U; },
        [&](std::int64_t offset, std::int64_t, std::span<const std::uint32_t> row) {
          std::ranges::transform(row, y + offset, [](std::uint32_t sum) { return static_cast<std::int32_t>(sum); });
        });
    return {};
  }
};

// Inputs: x, its scale and zero point, w, its scales and zero points, y's scale and zero point, optionally an int32 bias.
class QLinearConvKernel final : public ByteConvolution {
 public:
  using ByteConvolution::ByteConvolution;

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[7].type, ByteTypes{})) return refuse_type("y_zero_point", inputs[7].type, "uint8 or int8");
    if (auto planned = plan(inputs[0], inputs[3], inputs[7].type, outputs[0]); !planned) return planned;
    const std::int64_t channels = inputs[3].shape[0];
    for (std::size_t scale : {1U, 4U, 6U}) {
      if (inputs[scale].type != DataType::kFloat32) return refuse_type("scale", inputs[scale].type, "float32");
      const std::int64_t allowed = scale == 4 ? channels : 0;
      if (auto checked = check_per_channel("a scale", inputs[scale], allowed); !checked) return checked;
      if (auto checked = check_per_channel("a zero point", inputs[scale + 1], allowed); !checked) return checked;
    }
    if (is_present(inputs, 8)) {
      if (inputs[8].type != DataType::kInt32) return refuse_type("bias", inputs[8].type, "int32");
      if (inputs[8].shape != Shape{channels}) return refuse_shape("the bias", inputs[8].shape, "one for each channel");
    }
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const float x_scale = Scales(inputs[1])[0];
    const float y_scale = Scales(inputs[6])[0];
    const Scales w_scales(inputs[4]);
    const std::int32_t y_zero = ZeroPoints(inputs, 7)[0];
    const std::int32_t* bias = is_present(inputs, 8) ? inputs[8].as<std::int32_t>().data() : nullptr;
    visit(outputs[0].type, ByteTypes{}, [&]<typename Y>() {
      Y* y = outputs[0].as<Y>().data();
      run_rows(
          inputs[0], ZeroPoints(inputs, 2)[0], inputs[3], ZeroPoints(inputs, 5),
          [&](std::int64_t m) { return bias != nullptr ? static_cast<std::uint32_t>(bias[m]) : 0U; },
          [&](std::int64_t offset, std::int64_t m, std::span<const std::uint32_t> row) {
            const float scale = x_scale * w_scales[m];
            std::ranges::transform(row, y + offset, [&](std::uint32_t sum) {
              const float value = static_cast<float>(static_cast<std::int32_t>(sum)) * scale;
              return static_cast<Y>(
                  quantize(value, y_scale, y_zero, std::numeric_limits<Y>::min(), std::numeric_limits<Y>::max()));
            });
          });
    });
    return {};
  }
};

template <typename K>
MadeKernel make(const Node& node, const KernelContext& context, std::size_t min_inputs, std::size_t max_inputs) {
  if (auto checked = check_arity(node, min_inputs, max_inputs); !checked) return fail(checked.error());
  auto attributes = WindowAttributes::read(node);
  if (!attributes) return fail(attributes.error());
  return std::make_unique<K>(node, context, std::move(*attributes));
}

}  // namespace

MadeKernel make_conv_integer(const Node& node, const KernelContext& context) {
  return make<ConvIntegerKernel>(node, context, 2, 4);
}
MadeKernel make_q_linear_conv(const Node& node, const KernelContext& context) {
  return make<QLinearConvKernel>(node, context, 8, 9);
}

}  // namespace sluice::model::ops
