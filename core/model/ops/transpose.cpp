#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

class TransposeKernel final : public PlainKernel {
 public:
  TransposeKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), permutation_(node.ints_or("perm", {})), given_(node.find("perm") != nullptr) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    std::vector<std::int64_t> permutation = permutation_;
    if (!given_) {
      permutation.resize(shape.rank());
      std::iota(permutation.rbegin(), permutation.rend(), std::int64_t{0});
    }
    const auto axes = normalise_axes(permutation, shape.rank());
    if (!axes) return fail(axes.error());
    if (axes->size() != shape.rank()) {
      return fail(ErrorCode::kInvalidGraph,
                  {"perm has ", axes->size(), " axes for a tensor with ", shape.rank(), " dimensions"});
    }
    std::vector<std::int64_t> dims;
    const Strides dense = row_major_strides(shape);
    Strides strides{};
    for (std::size_t i = 0; i < axes->size(); ++i) {
      dims.push_back(shape[(*axes)[i]]);
      strides[i] = dense[(*axes)[i]];
    }
    const auto result = bounded_shape(dims, inputs[0].type);
    if (!result) return fail(result.error());
    outputs[0] = {inputs[0].type, *result};
    walk_ = StridedWalk<2>(*result, {row_major_strides(*result), strides});
    // Order is kept when the axes that are longer than 1 stay in sequence.
    std::vector<std::size_t> moved;
    std::ranges::copy_if(*axes, std::back_inserter(moved), [&](std::size_t axis) { return shape[axis] > 1; });
    keeps_order_ = std::ranges::is_sorted(moved);
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit_width(inputs[0].type, [&]<typename U>() {
      const U* x = inputs[0].as<U>().data();
      U* y = outputs[0].as<U>().data();
      const std::ptrdiff_t n = walk_.run_length();
      const auto [y_step, x_step] = walk_.run_strides();
      walk_.for_each_run([&, to_by = y_step, from_by = x_step](const auto& at) {
        U* to = y + at[0];
        const U* from = x + at[1];
        if (from_by == 1 && to_by == 1) std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(U));
        else
          for (std::ptrdiff_t i = 0; i < n; ++i) to[i * to_by] = from[i * from_by];
      });
    });
    return {};
  }

  bool passes_through() const override { return keeps_order_; }

 private:
  std::vector<std::int64_t> permutation_;
  bool given_;
  bool keeps_order_ = false;
  StridedWalk<2> walk_;
};

}  // namespace

MadeKernel make_transpose(const Node& node, const KernelContext& context) {
  return make_plain<TransposeKernel>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
