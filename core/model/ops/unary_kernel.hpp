// A kernel that applies one function to every element. The function is an object made from the node (it reads its own
// attributes) with a member template `T operator()(T)`; `List` names the element types it is defined for.
#pragma once

#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {

template <typename Function, typename List>
class UnaryKernel final : public PlainKernel {
 public:
  UnaryKernel(const Node& node, const KernelContext& context) : PlainKernel(context), function_(node) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, List{})) return refuse_type("input", inputs[0].type, "float32");
    outputs[0] = {inputs[0].type, inputs[0].shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, List{}, [&]<typename T>() {
      const auto x = inputs[0].as<T>();
      const auto y = outputs[0].as<T>();
      const Function function = function_;
      for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = static_cast<T>(function(static_cast<ArithmeticOf<T>>(x[i])));
      }
    });
    return {};
  }

 private:
  Function function_;
};

template <typename Function, typename List = FloatTypes>
MadeKernel make_unary(const Node& node, const KernelContext& context) {
  return make_plain<UnaryKernel<Function, List>>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
