#include <algorithm>
#include <cmath>

#include "core/model/ops/broadcast_kernel.hpp"
#include "core/model/ops/factories.hpp"
#include "core/model/ops/unary_kernel.hpp"

namespace sluice::model::ops {
namespace {

struct Celu {
  float alpha;
  explicit Celu(const Node& node) : alpha(node.float_or("alpha", 1.0F)) {}
  template <typename T>
  T operator()(T x) const {
    const T a = static_cast<T>(alpha);
    return std::max(T{0}, x) + std::min(T{0}, a * std::expm1(x / a));
  }
};

struct Elu {
  float alpha;
  explicit Elu(const Node& node) : alpha(node.float_or("alpha", 1.0F)) {}
  template <typename T>
  T operator()(T x) const {
    return x < 0 ? static_cast<T>(alpha) * std::expm1(x) : x;
  }
};

// The specification's constants, self-normalising networks (Klambauer et al., 2017).
struct Selu {
  float alpha;
  float gamma;
  explicit Selu(const Node& node)
      : alpha(node.float_or("alpha", 1.67326319217681884765625F)),
        gamma(node.float_or("gamma", 1.05070102214813232421875F)) {}
  template <typename T>
  T operator()(T x) const {
    return static_cast<T>(gamma) * (x > 0 ? x : static_cast<T>(alpha) * std::expm1(x));
  }
};

struct HardSigmoid {
  float alpha;
  float beta;
  explicit HardSigmoid(const Node& node) : alpha(node.float_or("alpha", 0.2F)), beta(node.float_or("beta", 0.5F)) {}
  template <typename T>
  T operator()(T x) const {
    return std::max(T{0}, std::min(T{1}, static_cast<T>(alpha) * x + static_cast<T>(beta)));
  }
};

struct HardSwish {
  explicit HardSwish(const Node&) {}
  template <typename T>
  T operator()(T x) const {
    return x * std::max(T{0}, std::min(T{1}, x / T{6} + T{0.5}));
  }
};

struct LeakyRelu {
  float alpha;
  explicit LeakyRelu(const Node& node) : alpha(node.float_or("alpha", 0.01F)) {}
  template <typename T>
  T operator()(T x) const {
    return x < 0 ? static_cast<T>(alpha) * x : x;
  }
};

// A NaN stays one: it is not below 0.
struct Relu {
  explicit Relu(const Node&) {}
  template <typename T>
  T operator()(T x) const {
    return x < 0 ? T{0} : x;
  }
};

struct Shrink {
  float bias;
  float lambda;
  explicit Shrink(const Node& node) : bias(node.float_or("bias", 0.0F)), lambda(node.float_or("lambd", 0.5F)) {}
  template <typename T>
  T operator()(T x) const {
    const double value = static_cast<double>(x);
    if (value < -static_cast<double>(lambda)) return static_cast<T>(value + static_cast<double>(bias));
    if (value > static_cast<double>(lambda)) return static_cast<T>(value - static_cast<double>(bias));
    return T{0};
  }
};

struct Sigmoid {
  explicit Sigmoid(const Node&) {}
  template <typename T>
  T operator()(T x) const {
    return T{1} / (T{1} + std::exp(-x));
  }
};

// log(1 + e^x) without overflow for large x.
struct Softplus {
  explicit Softplus(const Node&) {}
  template <typename T>
  T operator()(T x) const {
    return std::max(x, T{0}) + std::log1p(std::exp(-std::fabs(x)));
  }
};

struct Softsign {
  explicit Softsign(const Node&) {}
  template <typename T>
  T operator()(T x) const {
    return x / (T{1} + std::fabs(x));
  }
};

struct ThresholdedRelu {
  float alpha;
  explicit ThresholdedRelu(const Node& node) : alpha(node.float_or("alpha", 1.0F)) {}
  template <typename T>
  T operator()(T x) const {
    return x > static_cast<T>(alpha) ? x : T{0};
  }
};

// The slope broadcasts to the input, never the other way round.
struct PRelu {
  using List = Joined<FloatTypes, Types<std::int32_t, std::int64_t, std::uint32_t, std::uint64_t>>::type;
  static constexpr bool kSecondBroadcastsToFirst = true;
  explicit PRelu(const Node&) {}
  template <typename T>
  T operator()(T x, T slope) const {
    if constexpr (std::is_unsigned_v<T>) return x;
    else if constexpr (std::is_integral_v<T>) {
      return x < 0 ? static_cast<T>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(slope)) : x;
    } else {
      return x < 0 ? slope * x : x;
    }
  }
};

using SignedNumericTypes = Joined<FloatTypes, SignedTypes>::type;

}  // namespace

MadeKernel make_celu(const Node& node, const KernelContext& context) {
  if (node.float_or("alpha", 1.0F) == 0.0F) return fail(ErrorCode::kInvalidGraph, "alpha is 0, by which it divides");
  return make_unary<Celu>(node, context);
}
MadeKernel make_elu(const Node& node, const KernelContext& context) { return make_unary<Elu>(node, context); }
MadeKernel make_hard_sigmoid(const Node& node, const KernelContext& context) {
  return make_unary<HardSigmoid>(node, context);
}
MadeKernel make_hard_swish(const Node& node, const KernelContext& context) {
  return make_unary<HardSwish>(node, context);
}
MadeKernel make_leaky_relu(const Node& node, const KernelContext& context) {
  return make_unary<LeakyRelu>(node, context);
}
MadeKernel make_prelu(const Node& node, const KernelContext& context) { return make_broadcast<PRelu>(node, context); }
MadeKernel make_relu(const Node& node, const KernelContext& context) {
  return make_unary<Relu, SignedNumericTypes>(node, context);
}
MadeKernel make_selu(const Node& node, const KernelContext& context) { return make_unary<Selu>(node, context); }
MadeKernel make_shrink(const Node& node, const KernelContext& context) { return make_unary<Shrink>(node, context); }
MadeKernel make_sigmoid(const Node& node, const KernelContext& context) { return make_unary<Sigmoid>(node, context); }
MadeKernel make_softplus(const Node& node, const KernelContext& context) { return make_unary<Softplus>(node, context); }
MadeKernel make_softsign(const Node& node, const KernelContext& context) { return make_unary<Softsign>(node, context); }
MadeKernel make_thresholded_relu(const Node& node, const KernelContext& context) {
  return make_unary<ThresholdedRelu>(node, context);
}

}  // namespace sluice::model::ops
