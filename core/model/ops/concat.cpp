// Concat and Split: tensors side by side along one axis, and the way back.
#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

class ConcatKernel final : public PlainKernel {
 public:
  ConcatKernel(const Node& node, const KernelContext& context) : PlainKernel(context), axis_(node.int_or("axis", 1)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& first = inputs[0].shape;
    const auto axis = normalise_axis(axis_, first.rank());
    if (!axis) return fail(axis.error());
    CheckedInt64 length = 0;
    for (const TensorView& input : inputs) {
      if (auto same = check_same_type("an input", input.type, inputs[0].type); !same) return same;
      bool fits = input.shape.rank() == first.rank();
      for (std::size_t i = 0; fits && i < first.rank(); ++i) fits = i == *axis || input.shape[i] == first[i];
      if (!fits) return refuse_shape("an input", input.shape, join_text({to_string(first), " but for axis ", *axis}));
      length = length + input.shape[*axis];
    }
    std::vector<CheckedInt64> dims(first.dims().begin(), first.dims().end());
    dims[*axis] = length;
    const auto shape = bounded_shape(dims, inputs[0].type);
    if (!shape) return fail(shape.error());
    outputs[0] = {inputs[0].type, *shape};
    outer_ = product(*shape, 0, *axis);
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    std::byte* to = outputs[0].bytes.data();
    for (std::ptrdiff_t o = 0; o < outer_; ++o) {
      for (const TensorView& input : inputs) {
        const std::size_t chunk = input.bytes.size() / static_cast<std::size_t>(outer_);
        if (chunk == 0) continue;
        std::memcpy(to, input.bytes.data() + static_cast<std::size_t>(o) * chunk, chunk);
        to += chunk;
      }
    }
    return {};
  }

 private:
  std::int64_t axis_;
  std::ptrdiff_t outer_ = 0;
};

// Sizes come as an attribute before opset 13 and as an input from then on. Without sizes all parts are equal; from opset 18
// (num_outputs) the last one may be smaller.
class SplitKernel final : public PlainKernel {
 public:
  SplitKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        axis_(node.int_or("axis", 0)),
        sizes_(node.ints_or("split", {})),
        last_may_be_smaller_(context.graph.opset >= 18) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    const auto axis = normalise_axis(axis_, shape.rank());
    if (!axis) return fail(axis.error());
    std::vector<std::int64_t> sizes = sizes_;
    if (is_present(inputs, 1)) {
      auto given = read_integers(inputs[1], "split");
      if (!given) return fail(given.error());
      sizes = std::move(*given);
    }
    if (sizes.empty()) sizes = equal_parts(shape[*axis], static_cast<std::int64_t>(outputs.size()));
    CheckedInt64 total = 0;
    for (std::int64_t size : sizes) total = total + size;
    const bool negative = std::ranges::any_of(sizes, [](std::int64_t size) { return size < 0; });
    if (sizes.size() != outputs.size() || negative || !total.ok() || total.value() != shape[*axis]) {
      return fail(ErrorCode::kInvalidGraph, {"the sizes of its ", outputs.size(), " parts do not add up to ",
                                             shape[*axis], ", the size of axis ", *axis});
    }
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      dims[*axis] = sizes[i];
      const auto part = bounded_shape(dims, inputs[0].type);
      if (!part) return fail(part.error());
      outputs[i] = {inputs[0].type, *part};
    }
    outer_ = product(shape, 0, *axis);
    inner_bytes_ = static_cast<std::size_t>(product(shape, *axis + 1, shape.rank())) * element_size(inputs[0].type);
    row_bytes_ = static_cast<std::size_t>(shape[*axis]) * inner_bytes_;
    part_bytes_.clear();
    for (std::int64_t size : sizes) part_bytes_.push_back(static_cast<std::size_t>(size) * inner_bytes_);
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    std::size_t start = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::size_t part = part_bytes_[i];
      if (is_wanted(outputs, i) && part != 0) {
        for (std::size_t o = 0; o < static_cast<std::size_t>(outer_); ++o) {
          std::memcpy(outputs[i].bytes.data() + o * part, inputs[0].bytes.data() + o * row_bytes_ + start, part);
        }
      }
      start += part;
    }
    return {};
  }

 private:
  std::vector<std::int64_t> equal_parts(std::int64_t length, std::int64_t count) const {
    const std::int64_t part = length / count + (length % count != 0 && last_may_be_smaller_ ? 1 : 0);
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(count), part);
    if (last_may_be_smaller_) sizes.back() = length - part * (count - 1);
    return sizes;
  }

  std::int64_t axis_;
  std::vector<std::int64_t> sizes_;
  bool last_may_be_smaller_;
  std::ptrdiff_t outer_ = 0;
  std::size_t inner_bytes_ = 0;
  std::size_t row_bytes_ = 0;
  std::vector<std::size_t> part_bytes_;
};

}  // namespace

MadeKernel make_concat(const Node& node, const KernelContext& context) {
  if (node.find("axis") == nullptr) return fail(ErrorCode::kInvalidGraph, "the attribute axis is missing");
  return make_plain<ConcatKernel>(node, context, std::max<std::size_t>(node.inputs.size(), 1),
                                  std::numeric_limits<std::size_t>::max());
}
MadeKernel make_split(const Node& node, const KernelContext& context) {
  return make_plain<SplitKernel>(node, context, 1, context.graph.opset < 13 ? 1 : 2,
                                 std::numeric_limits<std::size_t>::max());
}

}  // namespace sluice::model::ops
