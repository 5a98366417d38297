// Softmax, LogSoftmax and Hardmax: along one axis from opset 13, before that over everything from the axis on.
#include <algorithm>
#include <cmath>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

enum class Form { kSoftmax, kLogSoftmax, kHardmax };

template <Form kForm>
class SoftmaxKernel final : public PlainKernel {
 public:
  SoftmaxKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        one_axis_(context.graph.opset >= 13),
        axis_(node.int_or("axis", context.graph.opset >= 13 ? -1 : 1)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    const auto axis = normalise_axis(axis_, shape.rank());
    if (!axis) return fail(axis.error());
    outer_ = product(shape, 0, *axis);
    length_ = one_axis_ ? static_cast<std::ptrdiff_t>(shape[*axis]) : product(shape, *axis, shape.rank());
    inner_ = one_axis_ ? product(shape, *axis + 1, shape.rank()) : 1;
    outputs[0] = {inputs[0].type, shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    if (inputs[0].bytes.empty()) return {};
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      for (std::ptrdiff_t o = 0; o < outer_; ++o) {
        for (std::ptrdiff_t i = 0; i < inner_; ++i) {
          const std::ptrdiff_t start = o * length_ * inner_ + i;
          normalise(inputs[0].as<T>().data() + start, outputs[0].as<T>().data() + start);
        }
      }
    });
    return {};
  }

 private:
  template <typename T>
  void normalise(const T* x, T* y) const {
    using A = ArithmeticOf<T>;
    std::ptrdiff_t largest = 0;
    for (std::ptrdiff_t k = 1; k < length_; ++k) {
      if (x[k * inner_] > x[largest * inner_]) largest = k;
    }
    if constexpr (kForm == Form::kHardmax) {
      for (std::ptrdiff_t k = 0; k < length_; ++k) y[k * inner_] = static_cast<T>(k == largest ? 1 : 0);
    } else {
      const A top = x[largest * inner_];
      A sum{};
      for (std::ptrdiff_t k = 0; k < length_; ++k) sum += std::exp(static_cast<A>(x[k * inner_]) - top);
      const A logarithm = std::log(sum);
      for (std::ptrdiff_t k = 0; k < length_; ++k) {
        const A shifted = static_cast<A>(x[k * inner_]) - top;
        y[k * inner_] = static_cast<T>(kForm == Form::kSoftmax ? std::exp(shifted) / sum : shifted - logarithm);
      }
    }
  }

  bool one_axis_;
  std::int64_t axis_;
  std::ptrdiff_t outer_ = 0;
  std::ptrdiff_t length_ = 0;
  std::ptrdiff_t inner_ = 1;
};

}  // namespace

MadeKernel make_softmax(const Node& node, const KernelContext& context) {
  return make_plain<SoftmaxKernel<Form::kSoftmax>>(node, context, 1, 1);
}
MadeKernel make_log_softmax(const Node& node, const KernelContext& context) {
  return make_plain<SoftmaxKernel<Form::kLogSoftmax>>(node, context, 1, 1);
}
MadeKernel make_hardmax(const Node& node, const KernelContext& context) {
  return make_plain<SoftmaxKernel<Form::kHardmax>>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
