// Conv: the scalar reference for floating-point convolution in any number of spatial dimensions.
#include <algorithm>

#include "core/model/ops/convolution_plan.hpp"
#include "core/model/ops/factories.hpp"

namespace sluice::model::ops {
namespace {

class ConvKernel final : public PlainKernel {
 public:
  ConvKernel(const Node& node, const KernelContext& context, WindowAttributes attributes)
      : PlainKernel(context), attributes_(std::move(attributes)), groups_(node.int_or("group", 1)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    if (auto same = check_same_type("the weights", inputs[1].type, inputs[0].type); !same) return same;
    auto plan = plan_convolution(attributes_, groups_, inputs[0].shape, inputs[1].shape);
    if (!plan) return fail(plan.error());
    if (is_present(inputs, 2)) {
      if (auto same = check_same_type("the bias", inputs[2].type, inputs[0].type); !same) return same;
      if (inputs[2].shape != Shape{inputs[1].shape[0]}) {
        return refuse_shape("the bias", inputs[2].shape, "one number for each output channel");
      }
    }
    const auto shape = bounded_shape(std::span<const CheckedInt64>(plan->output), inputs[0].type);
    if (!shape) return fail(shape.error());
    outputs[0] = {inputs[0].type, *shape};
    plan_ = std::move(*plan);
    if (inputs[0].type == DataType::kFloat64) wide_row_.resize(static_cast<std::size_t>(plan_.row()));
    else row_.resize(static_cast<std::size_t>(plan_.row()));
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      using A = ArithmeticOf<T>;
      const T* bias = is_present(inputs, 2) ? inputs[2].as<T>().data() : nullptr;
      T* y = outputs[0].as<T>().data();
      std::span<A> row;
      if constexpr (std::is_same_v<A, double>) row = wide_row_;
      else row = row_;
      convolve<A>(
          plan_, inputs[0].as<T>().data(), inputs[1].as<T>().data(), row, [](T x) { return static_cast<A>(x); },
          [](T w, std::int64_t) { return static_cast<A>(w); },
          [&](std::int64_t m) { return bias != nullptr ? static_cast<A>(bias[m]) : A{0}; },
          [&](std::int64_t offset, std::int64_t, std::span<const A> values) {
            std::ranges::transform(values, y + offset, [](A value) { return static_cast<T>(value); });
          });
    });
    return {};
  }

  std::uint64_t multiply_adds() const override { return plan_.multiply_adds(); }

 private:
  WindowAttributes attributes_;
  std::int64_t groups_;
  ConvolutionPlan plan_;
  std::vector<float> row_;
  std::vector<double> wide_row_;
};

}  // namespace

MadeKernel make_conv(const Node& node, const KernelContext& context) {
  if (auto checked = check_arity(node, 2, 3); !checked) return fail(checked.error());
  auto attributes = WindowAttributes::read(node);
  if (!attributes) return fail(attributes.error());
  return std::make_unique<ConvKernel>(node, context, std::move(*attributes));
}

}  // namespace sluice::model::ops
