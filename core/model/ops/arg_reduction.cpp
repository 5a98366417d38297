// ArgMax, ArgMin and TopK: where along one axis the extreme elements are. Of equal elements the first counts, or with
// select_last_index the last. NaN compares as larger than everything, so that the order stays total.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

template <typename T>
bool is_larger(T a, T b) {
  if constexpr (kIsFloat<T>) {
    const auto x = static_cast<ArithmeticOf<T>>(a);
    const auto y = static_cast<ArithmeticOf<T>>(b);
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && !std::isnan(y);
    return x > y;
  } else {
    return a > b;
  }
}

// A tensor seen along one axis: outer x length x inner.
struct AlongAxis {
  std::ptrdiff_t outer = 0;
  std::ptrdiff_t length = 0;
  std::ptrdiff_t inner = 0;

  AlongAxis() = default;
  AlongAxis(const Shape& shape, std::size_t axis)
      : outer(product(shape, 0, axis)),
        length(static_cast<std::ptrdiff_t>(shape[axis])),
        inner(product(shape, axis + 1, shape.rank())) {}
};

template <bool kLargest>
class ArgReductionKernel final : public PlainKernel {
 public:
  ArgReductionKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        axis_(node.int_or("axis", 0)),
        keep_dims_(node.int_or("keepdims", 1) != 0),
        last_(node.int_or("select_last_index", 0) != 0) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, NumericTypes{})) return refuse_type("input", inputs[0].type, "float32");
    const Shape& shape = inputs[0].shape;
    const auto axis = normalise_axis(axis_, shape.rank());
    if (!axis) return fail(axis.error());
    if (shape[*axis] == 0) return refuse_shape("the input", shape, "at least one element along the axis");
    std::vector<std::int64_t> dims;
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      if (i != *axis) dims.push_back(shape[i]);
      else if (keep_dims_) dims.push_back(1);
    }
    const auto bounded = bounded_shape(dims, DataType::kInt64);
    if (!bounded) return fail(bounded.error());
    outputs[0] = {DataType::kInt64, *bounded};
    along_ = AlongAxis(shape, *axis);
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    std::int64_t* y = outputs[0].as<std::int64_t>().data();
    visit(inputs[0].type, NumericTypes{}, [&]<typename T>() {
      const T* x = inputs[0].as<T>().data();
      for (std::ptrdiff_t o = 0; o < along_.outer; ++o) {
        for (std::ptrdiff_t i = 0; i < along_.inner; ++i) {
          const T* from = x + o * along_.length * along_.inner + i;
          std::ptrdiff_t best = 0;
          for (std::ptrdiff_t k = 1; k < along_.length; ++k) {
            const T candidate = from[k * along_.inner];
            const T held = from[best * along_.inner];
            const bool better = kLargest ? is_larger(candidate, held) : is_larger(held, candidate);
            const bool worse = kLargest ? is_larger(held, candidate) : is_larger(candidate, held);
            if (better || (last_ && !worse)) best = k;
          }
          *y++ = best;
        }
      }
    });
    return {};
  }

 private:
  std::int64_t axis_;
  bool keep_dims_;
  bool last_;
  AlongAxis along_;
};

// The k largest or smallest elements, in order; K is an attribute before opset 10 and an input from then on.
class TopKKernel final : public PlainKernel {
 public:
  TopKKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        axis_(node.int_or("axis", -1)),
        k_(node.int_or("k", -1)),
        largest_(node.int_or("largest", 1) != 0) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, NumericTypes{})) return refuse_type("input", inputs[0].type, "float32");
    if (is_present(inputs, 1)) {
      const auto k = read_integer(inputs[1], "K");
      if (!k) return fail(k.error());
      k_ = *k;
    }
    const Shape& shape = inputs[0].shape;
    const auto axis = normalise_axis(axis_, shape.rank());
    if (!axis) return fail(axis.error());
    if (k_ < 0 || k_ > shape[*axis]) {
      return fail(ErrorCode::kInvalidGraph, {"K is ", k_, " but the axis has ", shape[*axis], " elements"});
    }
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    dims[*axis] = k_;
    const auto bounded = bounded_shape(dims, DataType::kInt64);
    if (!bounded) return fail(bounded.error());
    if (auto scratch = check_scratch(shape[*axis], sizeof(std::int64_t)); !scratch) return scratch;
    outputs[0] = {inputs[0].type, *bounded};
    if (outputs.size() > 1) outputs[1] = {DataType::kInt64, *bounded};
    along_ = AlongAxis(shape, *axis);
    order_.resize(static_cast<std::size_t>(along_.length));
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, NumericTypes{}, [&]<typename T>() {
      const T* x = inputs[0].as<T>().data();
      for (std::ptrdiff_t o = 0; o < along_.outer; ++o) {
        for (std::ptrdiff_t i = 0; i < along_.inner; ++i)
          select(x + o * along_.length * along_.inner + i, o, i, outputs);
      }
    });
    return {};
  }

 private:
  template <typename T>
  void select(const T* from, std::ptrdiff_t outer, std::ptrdiff_t inner, Outputs outputs) {
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    const auto before = [&](std::int64_t a, std::int64_t b) {
      const T x = from[a * along_.inner];
      const T y = from[b * along_.inner];
      if (largest_ ? is_larger(x, y) : is_larger(y, x)) return true;
      if (largest_ ? is_larger(y, x) : is_larger(x, y)) return false;
      return a < b;
    };
    const auto k = static_cast<std::ptrdiff_t>(k_);
    std::partial_sort(order_.begin(), order_.begin() + k, order_.end(), before);
    for (std::ptrdiff_t rank = 0; rank < k; ++rank) {
      const std::ptrdiff_t at = (outer * k + rank) * along_.inner + inner;
      const std::int64_t index = order_[static_cast<std::size_t>(rank)];
      if (is_wanted(outputs, 0)) outputs[0].as<T>()[static_cast<std::size_t>(at)] = from[index * along_.inner];
      if (is_wanted(outputs, 1)) outputs[1].as<std::int64_t>()[static_cast<std::size_t>(at)] = index;
    }
  }

  std::int64_t axis_;
  std::int64_t k_;
  bool largest_;
  AlongAxis along_;
  std::vector<std::int64_t> order_;
};

}  // namespace

MadeKernel make_arg_max(const Node& node, const KernelContext& context) {
  return make_plain<ArgReductionKernel<true>>(node, context, 1, 1);
}
MadeKernel make_arg_min(const Node& node, const KernelContext& context) {
  return make_plain<ArgReductionKernel<false>>(node, context, 1, 1);
}
MadeKernel make_top_k(const Node& node, const KernelContext& context) {
  const std::size_t inputs = context.graph.opset < 10 ? 1 : 2;
  return make_plain<TopKKernel>(node, context, inputs, inputs, 2);
}

}  // namespace sluice::model::ops
