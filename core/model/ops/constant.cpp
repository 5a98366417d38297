// Tensors that do not depend on input values: Constant, ConstantOfShape, EyeLike, Range.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

class ConstantKernel final : public PlainKernel {
 public:
  ConstantKernel(const KernelContext& context, Tensor value) : PlainKernel(context), value_(std::move(value)) {}

  Result<void> reshape(Inputs, Specs outputs) override {
    outputs[0] = {value_.type(), value_.shape()};
    return {};
  }

  Result<void> run(Inputs, Outputs outputs) override {
    const Bytes bytes = value_.view().bytes;
    if (!bytes.empty()) std::memcpy(outputs[0].bytes.data(), bytes.data(), bytes.size());
    return {};
  }

 private:
  Tensor value_;
};

template <typename T>
Result<TensorView> view_of_values(std::span<const T> values, bool scalar) {
  return view_of(values, scalar ? Shape{} : Shape{static_cast<std::int64_t>(values.size())});
}

// The attribute that holds the value, as a tensor that borrows the node.
Result<TensorView> value_of(const Node& node) {
  for (const Attribute& attribute : node.attributes) {
    if (!attribute.name.starts_with("value")) continue;
    const AttributeValue& value = attribute.value;
    if (const auto* tensor = std::get_if<TensorView>(&value)) return *tensor;
    if (const auto* one = std::get_if<float>(&value)) return view_of_values(std::span(one, 1), true);
    if (const auto* one = std::get_if<std::int64_t>(&value)) return view_of_values(std::span(one, 1), true);
    if (const auto* list = std::get_if<std::vector<float>>(&value)) return view_of_values(std::span(*list), false);
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value))
      return view_of_values(std::span(*list), false);
    return fail(ErrorCode::kUnsupportedType, "a constant of strings is not supported");
  }
  return fail(ErrorCode::kUnsupportedOperator, "it has no value, value_float, value_int, value_floats or value_ints");
}

class ConstantOfShapeKernel final : public PlainKernel {
 public:
  ConstantOfShapeKernel(const KernelContext& context, Tensor value) : PlainKernel(context), value_(std::move(value)) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 0; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const auto dims = read_integers(inputs[0], "shape");
    if (!dims) return fail(dims.error());
    const auto shape = bounded_shape(*dims, value_.type());
    if (!shape) return fail(shape.error());
    outputs[0] = {value_.type(), *shape};
    return {};
  }

  Result<void> run(Inputs, Outputs outputs) override {
    visit_width(value_.type(), [&]<typename U>() { std::ranges::fill(outputs[0].as<U>(), value_.as<U>()[0]); });
    return {};
  }

 private:
  Tensor value_;
};

class EyeLikeKernel final : public PlainKernel {
 public:
  EyeLikeKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), diagonal_(node.int_or("k", 0)), dtype_(node.int_or("dtype", 0)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (inputs[0].shape.rank() != 2) return refuse_shape("the input", inputs[0].shape, "2 dimensions");
    const DataType type = dtype_ > 0 && dtype_ <= 255 ? static_cast<DataType>(dtype_) : inputs[0].type;
    if (!contains(type, NumericTypes{})) return refuse_type("output", type, "float32");
    const auto shape = bounded_shape(inputs[0].shape.dims(), type);
    if (!shape) return fail(shape.error());
    outputs[0] = {type, *shape};
    return {};
  }

  Result<void> run(Inputs, Outputs outputs) override {
    const std::int64_t rows = outputs[0].shape[0];
    const std::int64_t columns = outputs[0].shape[1];
    visit(outputs[0].type, NumericTypes{}, [&]<typename T>() {
      const auto y = outputs[0].as<T>();
      std::ranges::fill(y, static_cast<T>(0));
      if (diagonal_ <= -rows || diagonal_ >= columns) return;
      const std::int64_t first = std::max<std::int64_t>(0, -diagonal_);
      for (std::int64_t row = first; row < rows && row + diagonal_ < columns; ++row) {
        y[static_cast<std::size_t>(row * columns + row + diagonal_)] = static_cast<T>(1);
      }
    });
    return {};
  }

 private:
  std::int64_t diagonal_;
  std::int64_t dtype_;
};

class RangeKernel final : public PlainKernel {
 public:
  RangeKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  bool shape_depends_on_value_of(std::size_t) const override { return true; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const DataType type = inputs[0].type;
    for (const TensorView& input : inputs) {
      if (auto same = check_same_type("an input", input.type, type); !same) return same;
      if (input.shape.element_count() != 1) return refuse_shape("an input", input.shape, "one number");
    }
    double count = 0;
    const bool known = visit(type, RangeTypes{}, [&]<typename T>() {
      const T start = inputs[0].as<T>()[0];
      const T limit = inputs[1].as<T>()[0];
      const T delta = inputs[2].as<T>()[0];
      count = std::ceil((static_cast<double>(limit) - static_cast<double>(start)) / static_cast<double>(delta));
    });
    if (!known) return refuse_type("input", type, "float32 or int64");
    if (std::isnan(count)) return fail(ErrorCode::kExecutionFailed, "start, limit and delta make no range");
    const auto length = static_cast<std::int64_t>(std::clamp(count, 0.0, 0x1p53));
    const auto shape = bounded_shape(std::array<std::int64_t, 1>{length}, type);
    if (!shape) return fail(shape.error());
    outputs[0] = {type, *shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, RangeTypes{}, [&]<typename T>() {
      const T start = inputs[0].as<T>()[0];
      const T delta = inputs[2].as<T>()[0];
      const auto y = outputs[0].as<T>();
      for (std::size_t i = 0; i < y.size(); ++i) {
        if constexpr (std::is_integral_v<T>) {
          y[i] = static_cast<T>(static_cast<std::uint64_t>(start) + static_cast<std::uint64_t>(delta) * i);
        } else {
          y[i] = start + static_cast<T>(i) * delta;
        }
      }
    });
    return {};
  }

 private:
  using RangeTypes = Types<float, double, std::int16_t, std::int32_t, std::int64_t>;
};

}  // namespace

MadeKernel make_constant(const Node& node, const KernelContext& context) {
  if (auto checked = check_arity(node, 0, 0); !checked) return fail(checked.error());
  const auto value = value_of(node);
  if (!value) return fail(value.error());
  auto copy = Tensor::copy_of(*value);
  if (!copy) return fail(copy.error());
  return std::make_unique<ConstantKernel>(context, std::move(*copy));
}

MadeKernel make_constant_of_shape(const Node& node, const KernelContext& context) {
  if (auto checked = check_arity(node, 1, 1); !checked) return fail(checked.error());
  const float zero = 0;
  TensorView value{DataType::kFloat32, {1}, std::as_bytes(std::span(&zero, 1))};
  if (const Attribute* attribute = node.find("value"); attribute != nullptr) {
    const auto* given = std::get_if<TensorView>(&attribute->value);
    if (given == nullptr || given->shape.element_count() != 1 || element_size(given->type) == 0) {
      return fail(ErrorCode::kInvalidGraph, "the attribute value is not a tensor with one element");
    }
    value = *given;
  }
  auto copy = Tensor::copy_of(value);
  if (!copy) return fail(copy.error());
  return std::make_unique<ConstantOfShapeKernel>(context, std::move(*copy));
}

MadeKernel make_eye_like(const Node& node, const KernelContext& context) {
  return make_plain<EyeLikeKernel>(node, context, 1, 1);
}
MadeKernel make_range(const Node& node, const KernelContext& context) {
  return make_plain<RangeKernel>(node, context, 3, 3);
}

}  // namespace sluice::model::ops
