#include <cmath>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/unary_kernel.hpp"

namespace sluice::model::ops {
namespace {

// A function without attributes, from a lambda.
template <auto kFunction>
struct Plain {
  explicit Plain(const Node&) {}
  template <typename T>
  T operator()(T x) const {
    return kFunction(x);
  }
};

template <auto kFunction, typename List = FloatTypes>
MadeKernel make(const Node& node, const KernelContext& context) {
  return make_unary<Plain<kFunction>, List>(node, context);
}

// Integers wrap: the negative of the smallest number is that number.
struct Negative {
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(x));
    else return -x;
  }
};

struct Absolute {
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>) return std::fabs(x);
    else if constexpr (std::is_unsigned_v<T>) return x;
    else return x < 0 ? Negative{}(x) : x;
  }
};

struct Sign {
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_unsigned_v<T>) return static_cast<T>(x != 0);
    else return static_cast<T>((x > 0) - (x < 0));
  }
};

using SignedNumericTypes = Joined<FloatTypes, SignedTypes>::type;

}  // namespace

MadeKernel make_acos(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::acos(x); }>(node, context);
}
MadeKernel make_acosh(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::acosh(x); }>(node, context);
}
MadeKernel make_asin(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::asin(x); }>(node, context);
}
MadeKernel make_asinh(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::asinh(x); }>(node, context);
}
MadeKernel make_atan(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::atan(x); }>(node, context);
}
MadeKernel make_atanh(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::atanh(x); }>(node, context);
}
MadeKernel make_ceil(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::ceil(x); }>(node, context);
}
MadeKernel make_cos(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::cos(x); }>(node, context);
}
MadeKernel make_cosh(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::cosh(x); }>(node, context);
}
MadeKernel make_erf(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::erf(x); }>(node, context);
}
MadeKernel make_exp(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::exp(x); }>(node, context);
}
MadeKernel make_floor(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::floor(x); }>(node, context);
}
MadeKernel make_log(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::log(x); }>(node, context);
}
MadeKernel make_reciprocal(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return 1 / x; }>(node, context);
}
MadeKernel make_sin(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::sin(x); }>(node, context);
}
MadeKernel make_sinh(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::sinh(x); }>(node, context);
}
MadeKernel make_sqrt(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::sqrt(x); }>(node, context);
}
MadeKernel make_tan(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::tan(x); }>(node, context);
}
MadeKernel make_tanh(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::tanh(x); }>(node, context);
}
// The default rounding mode is to the nearest, ties to even, as ONNX wants.
MadeKernel make_round(const Node& node, const KernelContext& context) {
  return make<[](auto x) { return std::nearbyint(x); }>(node, context);
}
MadeKernel make_abs(const Node& node, const KernelContext& context) {
  return make<Absolute{}, NumericTypes>(node, context);
}
MadeKernel make_neg(const Node& node, const KernelContext& context) {
  return make<Negative{}, SignedNumericTypes>(node, context);
}
MadeKernel make_sign(const Node& node, const KernelContext& context) {
  return make<Sign{}, NumericTypes>(node, context);
}

}  // namespace sluice::model::ops
