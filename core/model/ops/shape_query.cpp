// Shape and Size: a tensor's dimensions as values.
#include <algorithm>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

// From opset 15 a part of the dimensions, [start, end), counted from the end when negative and clamped.
class ShapeKernel final : public PlainKernel {
 public:
  ShapeKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        start_(node.int_or("start", 0)),
        end_(node.int_or("end", static_cast<std::int64_t>(Shape::kMaxRank))) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const auto rank = static_cast<std::int64_t>(inputs[0].shape.rank());
    const auto clamp = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
    first_ = clamp(start_);
    outputs[0] = {DataType::kInt64, {std::max<std::int64_t>(clamp(end_) - first_, 0)}};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const auto y = outputs[0].as<std::int64_t>();
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = inputs[0].shape[static_cast<std::size_t>(first_) + i];
    return {};
  }

 private:
  std::int64_t start_;
  std::int64_t end_;
  std::int64_t first_ = 0;
};

class SizeKernel final : public PlainKernel {
 public:
  SizeKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  Result<void> reshape(Inputs, Specs outputs) override {
    outputs[0] = {DataType::kInt64, {}};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    outputs[0].as<std::int64_t>()[0] = static_cast<std::int64_t>(inputs[0].shape.element_count().value_or(0));
    return {};
  }
};

}  // namespace

MadeKernel make_shape(const Node& node, const KernelContext& context) {
  return make_plain<ShapeKernel>(node, context, 1, 1);
}
MadeKernel make_size(const Node& node, const KernelContext& context) {
  return make_plain<SizeKernel>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
