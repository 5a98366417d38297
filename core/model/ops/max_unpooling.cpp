// MaxUnpool: puts the results of a MaxPool back where their Indices say; the rest is 0.
#include <algorithm>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/window.hpp"

namespace sluice::model::ops {
namespace {

class MaxUnpoolKernel final : public PlainKernel {
 public:
  MaxUnpoolKernel(const KernelContext& context, WindowAttributes attributes)
      : PlainKernel(context), attributes_(std::move(attributes)) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 2; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (shape.rank() < 3) return refuse_shape("the input", shape, "a batch, channels and spatial dimensions");
    if (inputs[1].type != DataType::kInt64) return refuse_type("indices", inputs[1].type, "int64");
    if (inputs[1].shape != shape) return refuse_shape("the indices", inputs[1].shape, to_string(shape));
    WindowAttributes attributes = attributes_;
    if (attributes.kernel.empty()) return fail(ErrorCode::kInvalidGraph, "the attribute kernel_shape is missing");
    const std::size_t axes = shape.rank() - 2;
    if (auto completed = attributes.complete(axes); !completed) return completed;
    std::vector<CheckedInt64> natural{shape[0], shape[1]};
    for (std::size_t i = 0; i < axes; ++i) {
      natural.push_back((CheckedInt64(shape[i + 2]) - 1) * attributes.strides[i] + attributes.kernel[i] -
                        attributes.pads[i] - attributes.pads[axes + i]);
    }
    auto result = bounded_shape(std::span<const CheckedInt64>(natural), inputs[0].type);
    if (!result) return fail(result.error());
    // Indices count within the natural output; a larger output_shape leaves room after it.
    natural_ = *result;
    if (is_present(inputs, 2)) {
      const auto wanted = read_integers(inputs[2], "output_shape");
      if (!wanted) return fail(wanted.error());
      result = bounded_shape(std::span<const std::int64_t>(*wanted), inputs[0].type);
      if (!result) return fail(result.error());
      bool fits = result->rank() == natural_.rank();
      for (std::size_t i = 0; fits && i < natural_.rank(); ++i) fits = (*result)[i] >= natural_[i];
      if (!fits) return refuse_shape("output_shape", *result, to_string(natural_) + " or larger");
    }
    outputs[0] = {inputs[0].type, *result};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const auto limit = static_cast<std::int64_t>(natural_.element_count().value_or(0));
    const Shape& shape = outputs[0].shape;
    Result<void> result;
    visit_width(inputs[0].type, [&]<typename U>() {
      const auto x = inputs[0].as<U>();
      const auto y = outputs[0].as<U>();
      std::ranges::fill(y, U{0});
      const auto indices = inputs[1].as<std::int64_t>();
      for (std::size_t i = 0; i < x.size(); ++i) {
        std::int64_t index = indices[i];
        if (index < 0 || index >= limit) {
          result = fail(ErrorCode::kExecutionFailed, {"index ", index, " is outside the output"});
          return;
        }
        std::int64_t at = 0;
        std::int64_t step = 1;
        for (std::size_t axis = shape.rank(); axis-- > 0;) {
          at += index % natural_[axis] * step;
          index /= natural_[axis];
          step *= shape[axis];
        }
        y[static_cast<std::size_t>(at)] = x[i];
      }
    });
    return result;
  }

 private:
  WindowAttributes attributes_;
  Shape natural_;
};

}  // namespace

MadeKernel make_max_unpool(const Node& node, const KernelContext& context) {
  if (auto checked = check_arity(node, 2, 3); !checked) return fail(checked.error());
  auto attributes = WindowAttributes::read(node);
  if (!attributes) return fail(attributes.error());
  return std::make_unique<MaxUnpoolKernel>(context, std::move(*attributes));
}

}  // namespace sluice::model::ops
