#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

class WhereKernel final : public PlainKernel {
 public:
  WhereKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (inputs[0].type != DataType::kBool) return refuse_type("condition", inputs[0].type, "bool");
    if (auto same = check_same_type("the third input", inputs[2].type, inputs[1].type); !same) return same;
    const auto branches = broadcast(inputs[1].shape, inputs[2].shape);
    if (!branches) return fail(branches.error());
    const auto shape = broadcast(inputs[0].shape, *branches);
    if (!shape) return fail(shape.error());
    const auto bounded = bounded_shape(shape->dims(), inputs[1].type);
    if (!bounded) return fail(bounded.error());
    outputs[0] = {inputs[1].type, *bounded};
    walk_ = StridedWalk<4>(
        *bounded, {row_major_strides(*bounded), broadcast_strides(inputs[0].shape, *bounded),
                   broadcast_strides(inputs[1].shape, *bounded), broadcast_strides(inputs[2].shape, *bounded)});
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit_width(inputs[1].type, [&]<typename U>() {
      const auto* condition = inputs[0].as<std::uint8_t>().data();
      const U* yes = inputs[1].as<U>().data();
      const U* no = inputs[2].as<U>().data();
      U* y = outputs[0].as<U>().data();
      walk_.for_each([&](const auto& at) { y[at[0]] = condition[at[1]] != 0 ? yes[at[2]] : no[at[3]]; });
    });
    return {};
  }

 private:
  StridedWalk<4> walk_;
};

}  // namespace

MadeKernel make_where(const Node& node, const KernelContext& context) {
  return make_plain<WhereKernel>(node, context, 3, 3);
}

}  // namespace sluice::model::ops
