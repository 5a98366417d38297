#include <algorithm>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/saturate.hpp"

namespace sluice::model::ops {
namespace {

class OneHotKernel final : public PlainKernel {
 public:
  OneHotKernel(const Node& node, const KernelContext& context) : PlainKernel(context), axis_(node.int_or("axis", -1)) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, NumericTypes{})) return refuse_type("indices", inputs[0].type, "int64");
    if (inputs[1].shape.element_count() != 1) return refuse_shape("depth", inputs[1].shape, "one number");
    if (inputs[2].shape.element_count() != 2) return refuse_shape("values", inputs[2].shape, "two numbers");
    if (!visit(inputs[1].type, NumericTypes{},
               [&]<typename T>() { depth_ = saturate<std::int64_t>(static_cast<double>(inputs[1].as<T>()[0])); })) {
      return refuse_type("depth", inputs[1].type, "int64");
    }
    const Shape& shape = inputs[0].shape;
    const auto axis = normalise_axis(axis_, shape.rank() + 1);
    if (!axis) return fail(axis.error());
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(*axis), depth_);
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), inputs[2].type);
    if (!result) return fail(result.error());
    outputs[0] = {inputs[2].type, *result};
    outer_ = product(shape, 0, *axis);
    inner_ = product(shape, *axis, shape.rank());
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit_width(inputs[2].type, [&]<typename U>() {
      const U off = inputs[2].as<U>()[0];
      const U on = inputs[2].as<U>()[1];
      const auto y = outputs[0].as<U>();
      std::ranges::fill(y, off);
      visit(inputs[0].type, NumericTypes{}, [&]<typename I>() {
        const I* indices = inputs[0].as<I>().data();
        for (std::ptrdiff_t o = 0; o < outer_; ++o) {
          for (std::ptrdiff_t i = 0; i < inner_; ++i) {
            // An index outside [-depth, depth - 1] selects nothing.
            std::int64_t index = saturate<std::int64_t>(static_cast<double>(indices[o * inner_ + i]));
            if (index < 0) index += depth_;
            if (index < 0 || index >= depth_) continue;
            const auto row = static_cast<std::ptrdiff_t>(o * depth_ + index);
            y[static_cast<std::size_t>(row * inner_ + i)] = on;
          }
        }
      });
    });
    return {};
  }

 private:
  std::int64_t axis_;
  std::int64_t depth_ = 0;
  std::ptrdiff_t outer_ = 0;
  std::ptrdiff_t inner_ = 0;
};

}  // namespace

MadeKernel make_one_hot(const Node& node, const KernelContext& context) {
  return make_plain<OneHotKernel>(node, context, 3, 3);
}

}  // namespace sluice::model::ops
