// DepthToSpace and SpaceToDepth: blocks of pixels traded against channels. Both are a transposition of six axes.
#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

class BlockKernel : public PlainKernel {
 public:
  BlockKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), block_(node.int_or("blocksize", 0)) {}

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit_width(inputs[0].type, [&]<typename U>() {
      const U* x = inputs[0].as<U>().data();
      U* y = outputs[0].as<U>().data();
      walk_.for_each([&](const auto& at) { y[at[0]] = x[at[1]]; });
    });
    return {};
  }

 protected:
  // The input's four dimensions, once they fit the block; `divided` are the axes that the block must divide.
  Result<void> check(const TensorView& input, CheckedInt64 channel_divisor, std::int64_t side_divisor) const {
    if (block_ < 1) return fail(ErrorCode::kInvalidGraph, {"blocksize is ", block_, "; expected 1 or more"});
    const Shape& shape = input.shape;
    if (shape.rank() != 4) return refuse_shape("the input", shape, "4 dimensions");
    if (!channel_divisor.ok() || shape[1] % channel_divisor.value() != 0 || shape[2] % side_divisor != 0 ||
        shape[3] % side_divisor != 0) {
      return refuse_shape("the input", shape, join_text({"sizes that the block of ", block_, " divides"}));
    }
    return {};
  }

  // Reads the input as a tensor of `box` whose axes lie at `from` in the input, and writes row-major.
  Result<void> plan(const TensorView& input, std::span<const std::int64_t> box, std::span<const std::size_t> from,
                    std::span<const std::int64_t> input_box, std::span<const CheckedInt64> dims, OutputSpec& output) {
    const auto shape = bounded_shape(dims, input.type);
    if (!shape) return fail(shape.error());
    output = {input.type, *shape};
    const Strides dense = row_major_strides(*Shape::make(input_box));
    Strides strides{};
    for (std::size_t i = 0; i < from.size(); ++i) strides[i] = dense[from[i]];
    const Shape walked = *Shape::make(box);
    walk_ = StridedWalk<2>(walked, {row_major_strides(walked), strides});
    return {};
  }

  std::int64_t block_;

 private:
  StridedWalk<2> walk_;
};

class DepthToSpaceKernel final : public BlockKernel {
 public:
  DepthToSpaceKernel(const Node& node, const KernelContext& context)
      : BlockKernel(node, context), columns_first_(node.string_or("mode", "DCR") == "CRD") {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (auto checked = check(inputs[0], CheckedInt64(block_) * block_, 1); !checked) return checked;
    const Shape& s = inputs[0].shape;
    const std::int64_t b = block_;
    const std::int64_t depth = s[1] / (b * b);
    const std::array<std::int64_t, 6> box{s[0], depth, s[2], b, s[3], b};
    const std::array<CheckedInt64, 4> dims{s[0], depth, CheckedInt64(s[2]) * b, CheckedInt64(s[3]) * b};
    if (columns_first_) {
      return plan(inputs[0], box, std::array<std::size_t, 6>{0, 1, 4, 2, 5, 3},
                  std::array<std::int64_t, 6>{s[0], depth, b, b, s[2], s[3]}, dims, outputs[0]);
    }
    return plan(inputs[0], box, std::array<std::size_t, 6>{0, 3, 4, 1, 5, 2},
                std::array<std::int64_t, 6>{s[0], b, b, depth, s[2], s[3]}, dims, outputs[0]);
  }

 private:
  bool columns_first_;
};

class SpaceToDepthKernel final : public BlockKernel {
 public:
  using BlockKernel::BlockKernel;

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (auto checked = check(inputs[0], 1, std::max<std::int64_t>(block_, 1)); !checked) return checked;
    const Shape& s = inputs[0].shape;
    const std::int64_t b = block_;
    const std::array<std::int64_t, 6> input_box{s[0], s[1], s[2] / b, b, s[3] / b, b};
    const std::array<std::int64_t, 6> box{s[0], b, b, s[1], s[2] / b, s[3] / b};
    const std::array<CheckedInt64, 4> dims{s[0], CheckedInt64(s[1]) * b * b, s[2] / b, s[3] / b};
    return plan(inputs[0], box, std::array<std::size_t, 6>{0, 3, 5, 1, 2, 4}, input_box, dims, outputs[0]);
  }
};

}  // namespace

MadeKernel make_depth_to_space(const Node& node, const KernelContext& context) {
  const std::string_view mode = node.string_or("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") {
    return fail(ErrorCode::kInvalidGraph, {"mode is '", mode, "'; expected DCR or CRD"});
  }
  return make_plain<DepthToSpaceKernel>(node, context, 1, 1);
}
MadeKernel make_space_to_depth(const Node& node, const KernelContext& context) {
  return make_plain<SpaceToDepthKernel>(node, context, 1, 1);
}

}  // namespace sluice::model::ops
