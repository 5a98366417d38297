#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

class CumSumKernel final : public PlainKernel {
 public:
  CumSumKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), exclusive_(node.int_or("exclusive", 0) != 0), reverse_(node.int_or("reverse", 0) != 0) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, NumericTypes{})) return refuse_type("input", inputs[0].type, "float32");
    outputs[0] = {inputs[0].type, inputs[0].shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const Shape& shape = inputs[0].shape;
    const auto given = read_integer(inputs[1], "axis");
    if (!given) return fail(given.error());
    const auto axis = normalise_axis(*given, shape.rank());
    if (!axis) return fail(ErrorCode::kExecutionFailed, axis.error().message);
    const std::ptrdiff_t outer = product(shape, 0, *axis);
    const std::ptrdiff_t length = static_cast<std::ptrdiff_t>(shape[*axis]);
    const std::ptrdiff_t inner = product(shape, *axis + 1, shape.rank());
    visit(inputs[0].type, NumericTypes{}, [&]<typename T>() {
      for (std::ptrdiff_t o = 0; o < outer; ++o) {
        for (std::ptrdiff_t i = 0; i < inner; ++i) {
          const std::ptrdiff_t start = o * length * inner + i;
          accumulate(inputs[0].as<T>().data() + start, outputs[0].as<T>().data() + start, length, inner);
        }
      }
    });
    return {};
  }

 private:
  template <typename T>
  void accumulate(const T* x, T* y, std::ptrdiff_t length, std::ptrdiff_t step) const {
    // Integers wrap; float16 adds up in float.
    using Sum = std::conditional_t<std::is_integral_v<T>, std::uint64_t, ArithmeticOf<T>>;
    Sum sum{};
    for (std::ptrdiff_t k = 0; k < length; ++k) {
      const std::ptrdiff_t at = (reverse_ ? length - 1 - k : k) * step;
      const Sum with = sum + static_cast<Sum>(x[at]);
      y[at] = static_cast<T>(exclusive_ ? sum : with);
      sum = with;
    }
  }

  bool exclusive_;
  bool reverse_;
};

}  // namespace

MadeKernel make_cum_sum(const Node& node, const KernelContext& context) {
  return make_plain<CumSumKernel>(node, context, 2, 2);
}

}  // namespace sluice::model::ops
