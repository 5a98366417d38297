#include <cmath>

#include "core/model/ops/broadcast_kernel.hpp"
#include "core/model/ops/factories.hpp"

namespace sluice::model::ops {
namespace {

// Bool tensors are compared as bytes that may hold more than 0 and 1 when they come from outside.
struct Equal {
  using List = NumericTypes;
  static constexpr bool kTakesBool = true;
  explicit Equal(const Node&) {}
  template <typename T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};

struct Greater {
  using List = NumericTypes;
  explicit Greater(const Node&) {}
  template <typename T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};

struct GreaterOrEqual {
  using List = NumericTypes;
  explicit GreaterOrEqual(const Node&) {}
  template <typename T>
  bool operator()(T a, T b) const {
    return a >= b;
  }
};

struct Less {
  using List = NumericTypes;
  explicit Less(const Node&) {}
  template <typename T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};

struct LessOrEqual {
  using List = NumericTypes;
  explicit LessOrEqual(const Node&) {}
  template <typename T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};

struct And {
  using List = Types<std::uint8_t>;
  static constexpr bool kOnlyBool = true;
  explicit And(const Node&) {}
  bool operator()(std::uint8_t a, std::uint8_t b) const { return a != 0 && b != 0; }
};

struct Or {
  using List = Types<std::uint8_t>;
  static constexpr bool kOnlyBool = true;
  explicit Or(const Node&) {}
  bool operator()(std::uint8_t a, std::uint8_t b) const { return a != 0 || b != 0; }
};

struct Xor {
  using List = Types<std::uint8_t>;
  static constexpr bool kOnlyBool = true;
  explicit Xor(const Node&) {}
  bool operator()(std::uint8_t a, std::uint8_t b) const { return (a != 0) != (b != 0); }
};

class NotKernel final : public PlainKernel {
 public:
  NotKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (inputs[0].type != DataType::kBool) return refuse_type("input", inputs[0].type, "bool");
    outputs[0] = {DataType::kBool, inputs[0].shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const auto x = inputs[0].as<std::uint8_t>();
    const auto y = outputs[0].as<std::uint8_t>();
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] == 0;
    return {};
  }
};

// Asks every element of a floating-point tensor a question.
template <typename Question>
class QuestionKernel final : public PlainKernel {
 public:
  QuestionKernel(const Node& node, const KernelContext& context) : PlainKernel(context), question_(node) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    outputs[0] = {DataType::kBool, inputs[0].shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const auto y = outputs[0].as<std::uint8_t>();
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      const auto x = inputs[0].as<T>();
      for (std::size_t i = 0; i < x.size(); ++i) y[i] = question_(static_cast<double>(x[i]));
    });
    return {};
  }

 private:
  Question question_;
};

struct IsNan {
  explicit IsNan(const Node&) {}
  bool operator()(double x) const { return std::isnan(x); }
};

struct IsInf {
  bool negative;
  bool positive;
  explicit IsInf(const Node& node)
      : negative(node.int_or("detect_negative", 1) != 0), positive(node.int_or("detect_positive", 1) != 0) {}
  bool operator()(double x) const { return std::isinf(x) && (x < 0 ? negative : positive); }
};

}  // namespace

MadeKernel make_equal(const Node& node, const KernelContext& context) { return make_broadcast<Equal>(node, context); }
MadeKernel make_greater(const Node& node, const KernelContext& context) {
  return make_broadcast<Greater>(node, context);
}
MadeKernel make_greater_or_equal(const Node& node, const KernelContext& context) {
  return make_broadcast<GreaterOrEqual>(node, context);
}
MadeKernel make_less(const Node& node, const KernelContext& context) { return make_broadcast<Less>(node, context); }
MadeKernel make_less_or_equal(const Node& node, const KernelContext& context) {
  return make_broadcast<LessOrEqual>(node, context);
}
MadeKernel make_and(const Node& node, const KernelContext& context) { return make_broadcast<And>(node, context); }
MadeKernel make_or(const Node& node, const KernelContext& context) { return make_broadcast<Or>(node, context); }
MadeKernel make_xor(const Node& node, const KernelContext& context) { return make_broadcast<Xor>(node, context); }
MadeKernel make_not(const Node& node, const KernelContext& context) {
  return make_plain<NotKernel>(node, context, 1, 1);
}
MadeKernel make_is_inf(const Node& node, const KernelContext& context) {
  return make_plain<QuestionKernel<IsInf>>(node, context, 1, 1);
}
MadeKernel make_is_nan(const Node& node, const KernelContext& context) {
  return make_plain<QuestionKernel<IsNan>>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
