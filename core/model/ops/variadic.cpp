// Max, Min, Sum and Mean of any number of tensors that broadcast to one shape.
#include <limits>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

struct Larger {
  using List = NumericTypes;
  template <typename T>
  static T combine(T a, T b) {
    return a >= b || a != a ? a : b;  // a NaN on either side wins, as in numpy
  }
};

struct Smaller {
  using List = NumericTypes;
  template <typename T>
  static T combine(T a, T b) {
    return a <= b || a != a ? a : b;
  }
};

struct Total {
  using List = FloatTypes;
  template <typename T>
  static T combine(T a, T b) {
    return a + b;
  }
};

struct Average : Total {};

template <typename Operation>
class VariadicKernel final : public PlainKernel {
 public:
  VariadicKernel(const Node& node, const KernelContext& context) : PlainKernel(context), walks_(node.inputs.size()) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const DataType type = inputs[0].type;
    if (!contains(type, typename Operation::List{})) return refuse_type("input", type, "float32");
    Shape shape = inputs[0].shape;
    for (const TensorView& input : inputs) {
      if (auto same = check_same_type("an input", input.type, type); !same) return same;
      const auto wider = broadcast(shape, input.shape);
      if (!wider) return fail(wider.error());
      shape = *wider;
    }
    const auto bounded = bounded_shape(shape.dims(), type);
    if (!bounded) return fail(bounded.error());
    outputs[0] = {type, *bounded};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      walks_[i] = StridedWalk<2>(*bounded, {row_major_strides(*bounded), broadcast_strides(inputs[i].shape, *bounded)});
    }
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, typename Operation::List{}, [&]<typename T>() {
      using A = ArithmeticOf<T>;
      const auto y = outputs[0].as<T>();
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const T* x = inputs[i].as<T>().data();
        const auto [y_step, x_step] = walks_[i].run_strides();
        walks_[i].for_each_run([&, y_by = y_step, x_by = x_step](const auto& offsets) {
          T* to = y.data() + offsets[0];
          const T* from = x + offsets[1];
          for (std::ptrdiff_t k = 0; k < walks_[i].run_length(); ++k) {
            const A value = from[k * x_by];
            T& result = to[k * y_by];
            result = i == 0 ? static_cast<T>(value) : static_cast<T>(Operation::combine(static_cast<A>(result), value));
          }
        });
      }
      if constexpr (std::is_same_v<Operation, Average>) {
        for (T& value : y) value = static_cast<T>(static_cast<A>(value) / static_cast<A>(inputs.size()));
      }
    });
    return {};
  }

 private:
  std::vector<StridedWalk<2>> walks_;
};

template <typename Operation>
MadeKernel make_variadic(const Node& node, const KernelContext& context) {
  return make_plain<VariadicKernel<Operation>>(node, context, std::max<std::size_t>(node.inputs.size(), 1),
                                               std::numeric_limits<std::size_t>::max());
}

}  // namespace

MadeKernel make_max(const Node& node, const KernelContext& context) { return make_variadic<Larger>(node, context); }
MadeKernel make_min(const Node& node, const KernelContext& context) { return make_variadic<Smaller>(node, context); }
MadeKernel make_sum(const Node& node, const KernelContext& context) { return make_variadic<Total>(node, context); }
MadeKernel make_mean(const Node& node, const KernelContext& context) { return make_variadic<Average>(node, context); }

}  // namespace sluice::model::ops
