#include <cmath>
#include <limits>

#include "core/model/ops/broadcast_kernel.hpp"
#include "core/model/ops/factories.hpp"
#include "core/model/ops/saturate.hpp"

namespace sluice::model::ops {
namespace {

// Integers wrap as unsigned arithmetic does: an overflow must not be undefined, whatever values a stranger sends.
template <typename T>
std::uint64_t bits_of(T x) {
  return static_cast<std::uint64_t>(x);
}

struct Add {
  using List = NumericTypes;
  explicit Add(const Node&) {}
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(bits_of(a) + bits_of(b));
    else return a + b;
  }
};

struct Subtract {
  using List = NumericTypes;
  explicit Subtract(const Node&) {}
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(bits_of(a) - bits_of(b));
    else return a - b;
  }
};

struct Multiply {
  using List = NumericTypes;
  explicit Multiply(const Node&) {}
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(bits_of(a) * bits_of(b));
    else return a * b;
  }
};

// The smallest integer by -1 does not fit and wraps; the processor's division would trap.
template <typename T>
constexpr bool is_minus_one(T x) {
  return std::is_signed_v<T> && x == static_cast<T>(-1);
}

struct Divide {
  using List = NumericTypes;
  static constexpr bool kRefusesZero = true;
  explicit Divide(const Node&) {}
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      return is_minus_one(b) ? static_cast<T>(std::uint64_t{0} - bits_of(a)) : static_cast<T>(a / b);
    } else {
      return a / b;
    }
  }
};

// The remainder with the divisor's sign (fmod = 0, as in Python) or the dividend's (fmod = 1, as in C).
struct Modulo {
  using List = NumericTypes;
  static constexpr bool kRefusesZero = true;
  bool like_c;
  explicit Modulo(const Node& node) : like_c(node.int_or("fmod", 0) != 0) {}
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      const T remainder = is_minus_one(b) ? T{0} : static_cast<T>(a % b);
      const bool other_sign = remainder != 0 && (remainder < 0) != (b < 0);
      return !like_c && other_sign ? static_cast<T>(remainder + b) : remainder;
    } else {
      return std::fmod(a, b);
    }
  }
};

struct ShiftLeft {
  using List = UnsignedTypes;
  explicit ShiftLeft(const Node&) {}
  template <typename T>
  T operator()(T a, T b) const {
    return b >= std::numeric_limits<T>::digits ? T{0} : static_cast<T>(bits_of(a) << b);
  }
};

struct ShiftRight {
  using List = UnsignedTypes;
  explicit ShiftRight(const Node&) {}
  template <typename T>
  T operator()(T a, T b) const {
    return b >= std::numeric_limits<T>::digits ? T{0} : static_cast<T>(a >> b);
  }
};

// Power: the exponent may have another type than the base, whose type the output has.
class PowerKernel final : public PlainKernel {
 public:
  PowerKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, BaseTypes{})) return refuse_type("base", inputs[0].type, "float32 or int64");
    if (!contains(inputs[1].type, NumericTypes{})) return refuse_type("exponent", inputs[1].type, "float32 or int64");
    const auto shape = broadcast(inputs[0].shape, inputs[1].shape);
    if (!shape) return fail(shape.error());
    const auto bounded = bounded_shape(shape->dims(), inputs[0].type);
    if (!bounded) return fail(bounded.error());
    outputs[0] = {inputs[0].type, *bounded};
    walk_ = StridedWalk<3>(*bounded, {row_major_strides(*bounded), broadcast_strides(inputs[0].shape, *bounded),
                                      broadcast_strides(inputs[1].shape, *bounded)});
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, BaseTypes{}, [&]<typename B>() {
      visit(inputs[1].type, NumericTypes{}, [&]<typename E>() { raise<B, E>(inputs, outputs[0]); });
    });
    return {};
  }

 private:
  using BaseTypes = Joined<FloatTypes, Types<std::int32_t, std::int64_t>>::type;

  template <typename B, typename E>
  static B power(B base, E exponent) {
    if constexpr (std::is_integral_v<B> && std::is_integral_v<E>) {
      if (exponent < 0) return static_cast<B>(base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0);
      std::uint64_t result = 1;
      std::uint64_t square = bits_of(base);
      for (auto left = bits_of(exponent); left != 0; left >>= 1) {
        if ((left & 1U) != 0) result *= square;
        square *= square;
      }
      return static_cast<B>(result);
    } else if constexpr (std::is_integral_v<B> || std::is_same_v<B, double>) {
      return saturate<B>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
    } else {
      const float x = static_cast<float>(base);
      const float y = static_cast<float>(exponent);
      return static_cast<B>(y == 2.0F ? x * x : y == 0.5F ? std::sqrt(x) : std::pow(x, y));
    }
  }

  template <typename B, typename E>
  void raise(Inputs inputs, const MutableTensorView& output) const {
    const B* base = inputs[0].as<B>().data();
    const E* exponent = inputs[1].as<E>().data();
    B* y = output.as<B>().data();
    walk_.for_each([&](const auto& offsets) { y[offsets[0]] = power(base[offsets[1]], exponent[offsets[2]]); });
  }

  StridedWalk<3> walk_;
};

}  // namespace

MadeKernel make_add(const Node& node, const KernelContext& context) { return make_broadcast<Add>(node, context); }
MadeKernel make_sub(const Node& node, const KernelContext& context) { return make_broadcast<Subtract>(node, context); }
MadeKernel make_mul(const Node& node, const KernelContext& context) { return make_broadcast<Multiply>(node, context); }
MadeKernel make_div(const Node& node, const KernelContext& context) { return make_broadcast<Divide>(node, context); }
MadeKernel make_mod(const Node& node, const KernelContext& context) { return make_broadcast<Modulo>(node, context); }
MadeKernel make_pow(const Node& node, const KernelContext& context) {
  return make_plain<PowerKernel>(node, context, 2, 2);
}
MadeKernel make_bit_shift(const Node& node, const KernelContext& context) {
  const std::string_view direction = node.string_or("direction", "");
  if (direction == "LEFT") return make_broadcast<ShiftLeft>(node, context);
  if (direction == "RIGHT") return make_broadcast<ShiftRight>(node, context);
  return fail(ErrorCode::kInvalidGraph, {"direction is '", direction, "'; expected LEFT or RIGHT"});
}

}  // namespace sluice::model::ops
