// Expand and Tile: copies of a tensor side by side.
#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

class ExpandKernel final : public PlainKernel {
 public:
  ExpandKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const auto dims = read_integers(inputs[1], "shape");
    if (!dims) return fail(dims.error());
    const auto wanted = bounded_shape(*dims, inputs[0].type);
    if (!wanted) return fail(wanted.error());
    const auto shape = broadcast(inputs[0].shape, *wanted);
    if (!shape) return fail(shape.error());
    const auto bounded = bounded_shape(shape->dims(), inputs[0].type);
    if (!bounded) return fail(bounded.error());
    outputs[0] = {inputs[0].type, *bounded};
    walk_ = StridedWalk<2>(*bounded, {row_major_strides(*bounded), broadcast_strides(inputs[0].shape, *bounded)});
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit_width(inputs[0].type, [&]<typename U>() {
      const U* x = inputs[0].as<U>().data();
      U* y = outputs[0].as<U>().data();
      walk_.for_each([&](const auto& at) { y[at[0]] = x[at[1]]; });
    });
    return {};
  }

 private:
  StridedWalk<2> walk_;
};

class TileKernel final : public PlainKernel {
 public:
  TileKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const auto repeats = read_integers(inputs[1], "repeats");
    if (!repeats) return fail(repeats.error());
    const Shape& shape = inputs[0].shape;
    if (repeats->size() != shape.rank()) {
      return fail(ErrorCode::kInvalidGraph,
                  {repeats->size(), " repeats for a tensor with ", shape.rank(), " dimensions; expected one for each"});
    }
    std::vector<CheckedInt64> dims;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
      dims.push_back(CheckedInt64(shape[axis]) * (*repeats)[axis]);
    const auto bounded = bounded_shape(dims, inputs[0].type);
    if (!bounded) return fail(bounded.error());
    outputs[0] = {inputs[0].type, *bounded};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit_width(inputs[0].type, [&]<typename U>() { tile(inputs[0], outputs[0], outputs[0].as<U>()); });
    return {};
  }

 private:
  // Row by row of the output; a row repeats a row of the input.
  template <typename U>
  static void tile(const TensorView& input, const MutableTensorView& output, std::span<U> y) {
    const U* x = input.as<U>().data();
    if (y.empty()) return;
    const std::size_t rank = output.shape.rank();
    if (rank == 0) {
      y[0] = x[0];
      return;
    }
    const Strides strides = row_major_strides(input.shape);
    const auto row = static_cast<std::size_t>(input.shape[rank - 1]);
    const auto out_row = static_cast<std::size_t>(output.shape[rank - 1]);
    std::array<std::int64_t, Shape::kMaxRank> index{};
    for (std::size_t at = 0; at < y.size(); at += out_row) {
      const U* from = x;
      for (std::size_t axis = 0; axis + 1 < rank; ++axis) from += strides[axis] * (index[axis] % input.shape[axis]);
      for (std::size_t i = 0; i < out_row; i += row) std::copy_n(from, row, y.data() + at + i);
      for (std::size_t axis = rank - 1; axis-- > 0;) {
        if (++index[axis] < output.shape[axis]) break;
        index[axis] = 0;
      }
    }
  }
};

}  // namespace

MadeKernel make_expand(const Node& node, const KernelContext& context) {
  return make_plain<ExpandKernel>(node, context, 2, 2);
}
MadeKernel make_tile(const Node& node, const KernelContext& context) {
  return make_plain<TileKernel>(node, context, 2, 2);
}

}  // namespace sluice::model::ops
