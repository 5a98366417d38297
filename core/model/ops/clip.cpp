// Clip: bounds as attributes (opsets 6 to 10) or as optional scalar inputs (from 11).
#include <limits>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

class ClipKernel final : public PlainKernel {
 public:
  ClipKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        bounds_are_attributes_(context.graph.opset < 11),
        low_(node.float_or("min", std::numeric_limits<float>::lowest())),
        high_(node.float_or("max", std::numeric_limits<float>::max())) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, NumericTypes{})) return refuse_type("input", inputs[0].type, "float32");
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      if (!is_present(inputs, i)) continue;
      if (auto same = check_same_type("a bound", inputs[i].type, inputs[0].type); !same) return same;
      if (inputs[i].shape.element_count() != 1) return refuse_shape("a bound", inputs[i].shape, "one number");
    }
    outputs[0] = {inputs[0].type, inputs[0].shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, NumericTypes{}, [&]<typename T>() {
      using A = ArithmeticOf<T>;
      A low = std::numeric_limits<A>::lowest();
      A high = std::numeric_limits<A>::max();
      if constexpr (std::is_floating_point_v<A>) {
        low = -std::numeric_limits<A>::infinity();
        high = std::numeric_limits<A>::infinity();
        if (bounds_are_attributes_) {
          low = static_cast<A>(low_);
          high = static_cast<A>(high_);
        }
      }
      if (is_present(inputs, 1)) low = inputs[1].as<T>()[0];
      if (is_present(inputs, 2)) high = inputs[2].as<T>()[0];
      const auto x = inputs[0].as<T>();
      const auto y = outputs[0].as<T>();
      // The upper bound wins where the two cross, as in numpy; a NaN stays one.
      for (std::size_t i = 0; i < x.size(); ++i) {
        const A value = x[i];
        const A raised = value < low ? low : value;
        y[i] = static_cast<T>(raised > high ? high : raised);
      }
    });
    return {};
  }

 private:
  bool bounds_are_attributes_;
  float low_;
  float high_;
};

}  // namespace

MadeKernel make_clip(const Node& node, const KernelContext& context) {
  return make_plain<ClipKernel>(node, context, 1, context.graph.opset < 11 ? 1 : 3);
}

}  // namespace sluice::model::ops
