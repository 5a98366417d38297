// A kernel that combines two tensors element by element under numpy's broadcasting. The function is an object made from
// the node with a member template `operator()(T, T)`, a type list `List`, and optionally
//   kSecondBroadcastsToFirst   the output has the first input's shape, whatever the second's
//   kRefusesZero               integers: a second operand of 0 is kExecutionFailed
//   kTakesBool, kOnlyBool      bool tensors too, or nothing else; they come as std::uint8_t
// A function whose result is bool makes a bool tensor.
#pragma once

#include <array>

#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {

template <typename Function>
class BroadcastKernel final : public PlainKernel {
  template <typename T>
  static constexpr bool kIsPredicate =
      std::is_same_v<decltype(std::declval<const Function&>()(ArithmeticOf<T>{}, ArithmeticOf<T>{})), bool>;

 public:
  BroadcastKernel(const Node& node, const KernelContext& context) : PlainKernel(context), function_(node) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const auto& [a, b] = std::tie(inputs[0], inputs[1]);
    DataType result = a.type;
    const bool known =
        visit(a.type == DataType::kBool ? DataType::kUint8 : a.type, typename Function::List{}, [&]<typename T>() {
          if (kIsPredicate<T>) result = DataType::kBool;
        });
    const bool right_bool = a.type == DataType::kBool ? takes_bool() : !only_bool();
    if (!known || !right_bool) return refuse_type("input", a.type, only_bool() ? "bool" : "float32");
    if (auto same = check_same_type("the second input", b.type, a.type); !same) return same;
    const auto shape = broadcast(a.shape, b.shape);
    if (!shape) return fail(shape.error());
    if constexpr (requires { Function::kSecondBroadcastsToFirst; }) {
      if (*shape != a.shape)
        return refuse_shape("the second input", b.shape, "one that broadcasts to " + to_string(a.shape));
    }
    const auto bounded = bounded_shape(shape->dims(), result);
    if (!bounded) return fail(bounded.error());
    outputs[0] = {result, *bounded};
    walk_ = StridedWalk<3>(*bounded, {row_major_strides(*bounded), broadcast_strides(a.shape, *bounded),
                                      broadcast_strides(b.shape, *bounded)});
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    bool zero = false;
    const DataType type = inputs[0].type == DataType::kBool ? DataType::kUint8 : inputs[0].type;
    visit(type, typename Function::List{}, [&]<typename T>() {
      if constexpr (kIsPredicate<T>) zero = !combine<std::uint8_t, T>(inputs, outputs[0]);
      else zero = !combine<T, T>(inputs, outputs[0]);
    });
    if (zero) return fail(ErrorCode::kExecutionFailed, "an element of the integer divisor is 0");
    return {};
  }

 private:
  static constexpr bool takes_bool() {
    return requires { Function::kTakesBool; } || only_bool();
  }
  static constexpr bool only_bool() {
    return requires { Function::kOnlyBool; };
  }

  template <typename R, typename T>
  bool combine(Inputs inputs, const MutableTensorView& output) const {
    const T* a = inputs[0].as<T>().data();
    const T* b = inputs[1].as<T>().data();
    R* y = output.as<R>().data();
    if constexpr (requires { Function::kRefusesZero; } && std::is_integral_v<T>) {
      for (T divisor : inputs[1].as<T>()) {
        if (divisor == 0) return false;
      }
    }
    const Function function = function_;
    const auto [y_step, a_step, b_step] = walk_.run_strides();
    const std::ptrdiff_t n = walk_.run_length();
    const auto apply = [&](const T* left, const T* right) {
      return static_cast<R>(function(static_cast<ArithmeticOf<T>>(*left), static_cast<ArithmeticOf<T>>(*right)));
    };
    // The common cases have constant steps, so that the compiler can vectorise them.
    const bool dense = a_step == 1 && b_step == 1 && y_step == 1;
    const bool right_constant = a_step == 1 && b_step == 0 && y_step == 1;
    walk_.for_each_run([&, a_by = a_step, b_by = b_step, y_by = y_step](const auto& offsets) {
      R* to = y + offsets[0];
      const T* left = a + offsets[1];
      const T* right = b + offsets[2];
      if (dense) {
        for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = apply(left + i, right + i);
      } else if (right_constant) {
        for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = apply(left + i, right);
      } else {
        for (std::ptrdiff_t i = 0; i < n; ++i) to[i * y_by] = apply(left + i * a_by, right + i * b_by);
      }
    });
    return true;
  }

  Function function_;
  StridedWalk<3> walk_;
};

template <typename Function>
MadeKernel make_broadcast(const Node& node, const KernelContext& context) {
  return make_plain<BroadcastKernel<Function>>(node, context, 2, 2);
}

}  // namespace sluice::model::ops
