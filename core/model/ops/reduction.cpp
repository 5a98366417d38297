// The Reduce operators. Axes come as an attribute (ReduceSum before opset 13, the others before 18) or as an optional
// input; no axes means all, or none with noop_with_empty_axes. Sums are accumulated in double or in 64-bit integers.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/saturate.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

// What an element type accumulates in. Unsigned, so that overflow wraps.
template <typename T>
using Accumulator = std::conditional_t<kIsFloat<T>, double, std::uint64_t>;

template <typename A>
double as_double(A value, bool is_signed) {
  if constexpr (std::is_same_v<A, double>) return value;
  else return is_signed ? static_cast<double>(static_cast<std::int64_t>(value)) : static_cast<double>(value);
}

struct Sum {
  template <typename A>
  static A add(A sum, A x) {
    return sum + x;
  }
  static constexpr int kStart = 0;
};

struct Product {
  template <typename A>
  static A add(A product, A x) {
    return product * x;
  }
  static constexpr int kStart = 1;
};

struct SumOfMagnitudes : Sum {
  template <typename A>
  static A add(A sum, A x) {
    if constexpr (std::is_same_v<A, double>) return sum + std::fabs(x);
    else return sum + (static_cast<std::int64_t>(x) < 0 ? std::uint64_t{0} - x : x);
  }
};

struct SumOfSquares : Sum {
  template <typename A>
  static A add(A sum, A x) {
    return sum + x * x;
  }
};

struct Mean : Sum {
  static double finish(double sum, double count) { return sum / count; }
};
struct LogOfSum : Sum {
  static double finish(double sum, double) { return std::log(sum); }
};
struct RootOfSquares : SumOfSquares {
  static double finish(double sum, double) { return std::sqrt(sum); }
};
// log(sum(e^x)), with the largest x taken out so that nothing overflows.
struct LogOfSumOfExponentials {};
struct Maximum {};
struct Minimum {};

template <typename Operation>
class ReductionKernel final : public PlainKernel {
 public:
  ReductionKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        axes_(node.ints_or("axes", {})),
        keep_dims_(node.int_or("keepdims", 1) != 0),
        empty_is_none_(node.int_or("noop_with_empty_axes", 0) != 0) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, NumericTypes{})) return refuse_type("input", inputs[0].type, "float32");
    std::vector<std::int64_t> given = axes_;
    if (is_present(inputs, 1)) {
      auto read = read_integers(inputs[1], "axes");
      if (!read) return fail(read.error());
      given = std::move(*read);
    }
    const Shape& shape = inputs[0].shape;
    const auto axes = normalise_axes(given, shape.rank());
    if (!axes) return fail(axes.error());
    std::array<bool, Shape::kMaxRank> reduced{};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      reduced[axis] = axes->empty() ? !empty_is_none_ : std::ranges::count(*axes, axis) != 0;
    }
    return plan(inputs[0], reduced, outputs[0]);
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, NumericTypes{}, [&]<typename T>() {
      const T* x = inputs[0].as<T>().data();
      T* y = outputs[0].as<T>().data();
      kept_.for_each([&](const auto& at) { y[at[0]] = reduce(x + at[1], Operation{}); });
    });
    return {};
  }

 private:
  Result<void> plan(const TensorView& input, const std::array<bool, Shape::kMaxRank>& reduced, OutputSpec& output) {
    const Shape& shape = input.shape;
    std::vector<std::int64_t> dims;
    std::vector<std::int64_t> kept(shape.dims().begin(), shape.dims().end());
    std::vector<std::int64_t> inner = kept;
    CheckedInt64 count = 1;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      if (reduced[axis]) {
        count = count * shape[axis];
        kept[axis] = 1;
        if (keep_dims_) dims.push_back(1);
      } else {
        inner[axis] = 1;
        dims.push_back(shape[axis]);
      }
    }
    const auto bounded = bounded_shape(dims, input.type);
    if (!bounded) return fail(bounded.error());
    const bool defined_on_nothing = requires { Operation::kStart; };
    if (count.value() == 0 && !defined_on_nothing && bounded->element_count() != 0) {
      return refuse_shape("the input", shape, "at least one element to reduce");
    }
    output = {input.type, *bounded};
    count_ = count.ok() ? static_cast<double>(count.value()) : 0;
    const Strides strides = row_major_strides(shape);
    const Shape kept_box = *Shape::make(kept);
    kept_ = StridedWalk<2>(kept_box, {row_major_strides(kept_box), strides});
    inner_ = StridedWalk<1>(*Shape::make(inner), {strides});
    return {};
  }

  // Calls f(element) for each element that is reduced into one.
  template <typename T, typename F>
  void for_each_inner(const T* x, F&& f) const {
    const std::ptrdiff_t step = inner_.run_strides()[0];
    inner_.for_each_run([&](const auto& at) {
      const T* from = x + at[0];
      for (std::ptrdiff_t i = 0; i < inner_.run_length(); ++i) f(from[i * step]);
    });
  }

  template <typename T, typename Folding>
  T reduce(const T* x, Folding) const {
    using A = Accumulator<T>;
    A result = static_cast<A>(Folding::kStart);
    for_each_inner(x, [&](T value) { result = Folding::add(result, static_cast<A>(value)); });
    if constexpr (requires { Folding::finish(0.0, 0.0); }) {
      return saturate_to<T>(Folding::finish(as_double(result, std::is_signed_v<T>), count_));
    } else {
      return static_cast<T>(result);
    }
  }

  template <typename T>
  T reduce(const T* x, Maximum) const {
    T best = *x;
    for_each_inner(x, [&](T value) { best = value > best || value != value ? value : best; });
    return best;
  }

  template <typename T>
  T reduce(const T* x, Minimum) const {
    T best = *x;
    for_each_inner(x, [&](T value) { best = value < best || value != value ? value : best; });
    return best;
  }

  template <typename T>
  T reduce(const T* x, LogOfSumOfExponentials) const {
    const double largest = static_cast<double>(reduce(x, Maximum{}));
    if (std::isinf(largest)) return saturate_to<T>(largest);
    double sum = 0;
    for_each_inner(x, [&](T value) { sum += std::exp(static_cast<double>(value) - largest); });
    return saturate_to<T>(largest + std::log(sum));
  }

  template <typename T>
  static T saturate_to(double value) {
    if constexpr (kIsFloat<T>) return static_cast<T>(value);
    else return saturate<T>(value);
  }

  std::vector<std::int64_t> axes_;
  bool keep_dims_;
  bool empty_is_none_;
  double count_ = 0;
  StridedWalk<2> kept_;   // output and input, over what is kept
  StridedWalk<1> inner_;  // input, over what is reduced into one element
};

template <typename Operation>
MadeKernel make(const Node& node, const KernelContext& context) {
  return make_plain<ReductionKernel<Operation>>(node, context, 1, 2);
}

}  // namespace

MadeKernel make_reduce_l1(const Node& node, const KernelContext& context) {
  return make<SumOfMagnitudes>(node, context);
}
MadeKernel make_reduce_l2(const Node& node, const KernelContext& context) { return make<RootOfSquares>(node, context); }
MadeKernel make_reduce_log_sum(const Node& node, const KernelContext& context) { return make<LogOfSum>(node, context); }
MadeKernel make_reduce_log_sum_exp(const Node& node, const KernelContext& context) {
  return make<LogOfSumOfExponentials>(node, context);
}
MadeKernel make_reduce_max(const Node& node, const KernelContext& context) { return make<Maximum>(node, context); }
MadeKernel make_reduce_mean(const Node& node, const KernelContext& context) { return make<Mean>(node, context); }
MadeKernel make_reduce_min(const Node& node, const KernelContext& context) { return make<Minimum>(node, context); }
MadeKernel make_reduce_prod(const Node& node, const KernelContext& context) { return make<Product>(node, context); }
MadeKernel make_reduce_sum(const Node& node, const KernelContext& context) { return make<Sum>(node, context); }
MadeKernel make_reduce_sum_square(const Node& node, const KernelContext& context) {
  return make<SumOfSquares>(node, context);
}

}  // namespace sluice::model::ops
