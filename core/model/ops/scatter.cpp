// ScatterElements (and its older name Scatter) and ScatterND: a copy of the data with some elements replaced, or combined
// with the updates (reduction: add and mul from opset 16, max and min from 18). Indices are checked as they are used.
#include <algorithm>
#include <cstring>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/index_check.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

enum class Reduction { kNone, kAdd, kMultiply, kMaximum, kMinimum };

Result<Reduction> reduction_of(const Node& node, std::int64_t opset) {
  const std::string_view name = node.string_or("reduction", "none");
  if (name == "none") return Reduction::kNone;
  if (opset >= 16 && name == "add") return Reduction::kAdd;
  if (opset >= 16 && name == "mul") return Reduction::kMultiply;
  if (opset >= 18 && name == "max") return Reduction::kMaximum;
  if (opset >= 18 && name == "min") return Reduction::kMinimum;
  return fail(ErrorCode::kUnsupportedOperator, {"reduction '", name, "' is not one of this opset"});
}

template <typename T>
T combine(T old, T update, Reduction reduction) {
  using A = std::conditional_t<std::is_integral_v<T>, std::uint64_t, ArithmeticOf<T>>;
  switch (reduction) {
    case Reduction::kAdd: return static_cast<T>(static_cast<A>(old) + static_cast<A>(update));
    case Reduction::kMultiply: return static_cast<T>(static_cast<A>(old) * static_cast<A>(update));
    case Reduction::kMaximum: return update > old ? update : old;
    case Reduction::kMinimum: return update < old ? update : old;
    case Reduction::kNone: break;
  }
  return update;
}

class ScatterKernel : public PlainKernel {
 public:
  ScatterKernel(const KernelContext& context, Reduction reduction) : PlainKernel(context), reduction_(reduction) {}

 protected:
  Result<void> check_types(Inputs inputs) const {
    if (!contains(inputs[1].type, IndexTypes{})) return refuse_type("indices", inputs[1].type, "int64");
    if (auto same = check_same_type("updates", inputs[2].type, inputs[0].type); !same) return same;
    if (reduction_ != Reduction::kNone && !contains(inputs[0].type, NumericTypes{})) {
      return refuse_type("data with a reduction", inputs[0].type, "float32");
    }
    return {};
  }

  // Calls f.operator()<T>(apply), where apply(to, from, n) puts n updates into the output.
  template <typename F>
  void visit_data(DataType type, F&& f) const {
    if (reduction_ == Reduction::kNone) {
      visit_width(type, [&]<typename U>() {
        f.template operator()<U>([](U* to, const U* from, std::ptrdiff_t n) { std::copy_n(from, n, to); });
      });
      return;
    }
    visit(type, NumericTypes{}, [&]<typename T>() {
      f.template operator()<T>([this](T* to, const T* from, std::ptrdiff_t n) {
        for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = combine(to[i], from[i], reduction_);
      });
    });
  }

  static void copy_data(Inputs inputs, Outputs outputs) {
    if (!inputs[0].bytes.empty()) std::memcpy(outputs[0].bytes.data(), inputs[0].bytes.data(), inputs[0].bytes.size());
  }

 private:
  Reduction reduction_;
};

class ScatterElementsKernel final : public ScatterKernel {
 public:
  ScatterElementsKernel(const Node& node, const KernelContext& context, Reduction reduction)
      : ScatterKernel(context, reduction), axis_(node.int_or("axis", 0)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (auto checked = check_types(inputs); !checked) return checked;
    const Shape& shape = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    const auto axis = normalise_axis(axis_, shape.rank());
    if (!axis) return fail(axis.error());
    bool fits = indices.rank() == shape.rank();
    for (std::size_t i = 0; fits && i < shape.rank(); ++i) fits = i == *axis || indices[i] <= shape[i];
    if (!fits)
      return refuse_shape("indices", indices, join_text({"one within ", to_string(shape), " but for the axis"}));
    if (inputs[2].shape != indices) return refuse_shape("updates", inputs[2].shape, to_string(indices));
    outputs[0] = {inputs[0].type, shape};
    Strides strides = row_major_strides(shape);
    axis_step_ = strides[*axis];
    strides[*axis] = 0;
    length_ = shape[*axis];
    walk_ = StridedWalk<2>(indices, {row_major_strides(indices), strides});
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    copy_data(inputs, outputs);
    Result<void> result;
    visit(inputs[1].type, IndexTypes{}, [&]<typename I>() {
      visit_data(inputs[0].type, [&]<typename T>(auto apply) {
        const I* indices = inputs[1].as<I>().data();
        const T* updates = inputs[2].as<T>().data();
        T* y = outputs[0].as<T>().data();
        walk_.for_each([&](const auto& at) {
          const auto along = checked_index(indices[at[0]], length_);
          if (along) apply(y + at[1] + *along * axis_step_, updates + at[0], 1);
          else if (result) result = refuse_index(indices[at[0]], length_);
        });
      });
    });
    return result;
  }

 private:
  std::int64_t axis_;
  std::ptrdiff_t axis_step_ = 0;
  std::int64_t length_ = 0;
  StridedWalk<2> walk_;
};

class ScatterNdKernel final : public ScatterKernel {
 public:
  ScatterNdKernel(const Node&, const KernelContext& context, Reduction reduction) : ScatterKernel(context, reduction) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (auto checked = check_types(inputs); !checked) return checked;
    if (inputs[1].type != DataType::kInt64) return refuse_type("indices", inputs[1].type, "int64");
    const Shape& shape = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    if (indices.rank() == 0) return refuse_shape("indices", indices, "at least one dimension");
    const std::size_t last = indices.rank() - 1;
    if (indices[last] < 0 || indices[last] > static_cast<std::int64_t>(shape.rank())) {
      return refuse_shape("indices", indices, "positions within a tensor of shape " + to_string(shape));
    }
    depth_ = static_cast<std::size_t>(indices[last]);
    std::vector<std::int64_t> dims(indices.dims().begin(), indices.dims().end() - 1);
    dims.insert(dims.end(), shape.dims().begin() + static_cast<std::ptrdiff_t>(depth_), shape.dims().end());
    const auto expected = bounded_shape(std::span<const std::int64_t>(dims), inputs[0].type);
    if (!expected) return fail(expected.error());
    if (inputs[2].shape != *expected) return refuse_shape("updates", inputs[2].shape, to_string(*expected));
    outputs[0] = {inputs[0].type, shape};
    rows_ = product(indices, 0, last);
    chunk_ = product(shape, depth_, shape.rank());
    strides_ = row_major_strides(shape);
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    copy_data(inputs, outputs);
    Result<void> result;
    visit_data(inputs[0].type, [&]<typename T>(auto apply) {
      const std::int64_t* index = inputs[1].as<std::int64_t>().data();
      const T* updates = inputs[2].as<T>().data();
      T* y = outputs[0].as<T>().data();
      for (std::ptrdiff_t row = 0; row < rows_; ++row) {
        std::ptrdiff_t to = 0;
        for (std::size_t i = 0; i < depth_; ++i, ++index) {
          const auto at = checked_index(*index, inputs[0].shape[i]);
          if (!at) {
            result = refuse_index(*index, inputs[0].shape[i]);
            return;
          }
          to += *at * strides_[i];
        }
        apply(y + to, updates + row * chunk_, chunk_);
      }
    });
    return result;
  }

 private:
  std::size_t depth_ = 0;
  std::ptrdiff_t rows_ = 0;
  std::ptrdiff_t chunk_ = 0;
  Strides strides_{};
};

template <typename K>
MadeKernel make_scatter(const Node& node, const KernelContext& context) {
  if (auto checked = check_arity(node, 3, 3); !checked) return fail(checked.error());
  const auto reduction = reduction_of(node, context.graph.opset);
  if (!reduction) return fail(reduction.error());
  return std::make_unique<K>(node, context, *reduction);
}

}  // namespace

MadeKernel make_scatter_elements(const Node& node, const KernelContext& context) {
  return make_scatter<ScatterElementsKernel>(node, context);
}
MadeKernel make_scatter_nd(const Node& node, const KernelContext& context) {
  return make_scatter<ScatterNdKernel>(node, context);
}

}  // namespace sluice::model::ops
