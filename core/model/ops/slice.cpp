// Slice: ranges as attributes before opset 10, as inputs (with steps) from then on.
#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

struct Range {
  std::int64_t first = 0;
  std::int64_t step = 1;
  std::int64_t length = 0;
};

// Python's slice of an axis with `size` elements: negative positions count from the end, positions outside are clamped.
Range clamp_range(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) {
  // The smallest number has no negative; one more serves as well, as no axis is that long.
  step = std::max(step, -std::numeric_limits<std::int64_t>::max());
  if (start < 0) start += size;
  if (end < 0) end += size;
  Range range{.first = 0, .step = step, .length = 0};
  if (step > 0) {
    range.first = std::clamp<std::int64_t>(start, 0, size);
    end = std::clamp<std::int64_t>(end, 0, size);
    if (end > range.first) range.length = (end - range.first - 1) / step + 1;
  } else {
    range.first = std::clamp<std::int64_t>(start, -1, size - 1);
    end = std::clamp<std::int64_t>(end, -1, size - 1);
    if (end < range.first) range.length = (range.first - end - 1) / -step + 1;
  }
  return range;
}

class SliceKernel final : public PlainKernel {
 public:
  SliceKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        starts_(node.ints_or("starts", {})),
        ends_(node.ints_or("ends", {})),
        axes_(node.ints_or("axes", {})) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input != 0; }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    std::array<std::vector<std::int64_t>, 4> lists{starts_, ends_, axes_, {}};
    constexpr std::array<std::string_view, 4> kNames{"starts", "ends", "axes", "steps"};
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (!is_present(inputs, i + 1)) continue;
      auto read = read_integers(inputs[i + 1], kNames[i]);
      if (!read) return fail(read.error());
      lists[i] = std::move(*read);
    }
    auto& [starts, ends, axes, steps] = lists;
    if (axes.empty()) {
      axes.resize(starts.size());
      std::iota(axes.begin(), axes.end(), std::int64_t{0});
    }
    if (steps.empty()) steps.assign(starts.size(), 1);
    if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
      return fail(ErrorCode::kInvalidGraph, "starts, ends, axes and steps have different lengths");
    }
    return plan(inputs[0], starts, ends, axes, steps, outputs[0]);
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit_width(inputs[0].type, [&]<typename U>() {
      U* y = outputs[0].as<U>().data();
      if (outputs[0].bytes.empty()) return;
      const U* x = inputs[0].as<U>().data() + first_;
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

 private:
  Result<void> plan(const TensorView& input, std::span<const std::int64_t> starts, std::span<const std::int64_t> ends,
                    std::span<const std::int64_t> axes, std::span<const std::int64_t> steps, OutputSpec& output) {
    const Shape& shape = input.shape;
    const auto places = normalise_axes(axes, shape.rank());
    if (!places) return fail(places.error());
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    Strides strides = row_major_strides(shape);
    first_ = 0;
    for (std::size_t i = 0; i < places->size(); ++i) {
      if (steps[i] == 0) return fail(ErrorCode::kInvalidGraph, "a step is 0");
      const std::size_t axis = (*places)[i];
      const Range range = clamp_range(starts[i], ends[i], steps[i], shape[axis]);
      dims[axis] = range.length;
      // With one element or none the step does not matter, and it may be too large to multiply.
      if (range.length > 0) first_ += strides[axis] * static_cast<std::ptrdiff_t>(range.first);
      strides[axis] = range.length > 1 ? strides[axis] * static_cast<std::ptrdiff_t>(range.step) : 0;
    }
    const auto result = bounded_shape(dims, input.type);
    if (!result) return fail(result.error());
    output = {input.type, *result};
    walk_ = StridedWalk<2>(*result, {row_major_strides(*result), strides});
    return {};
  }

  std::vector<std::int64_t> starts_;
  std::vector<std::int64_t> ends_;
  std::vector<std::int64_t> axes_;
  std::ptrdiff_t first_ = 0;
  StridedWalk<2> walk_;
};

}  // namespace

MadeKernel make_slice(const Node& node, const KernelContext& context) {
  if (context.graph.opset < 10) return make_plain<SliceKernel>(node, context, 1, 1);
  return make_plain<SliceKernel>(node, context, 3, 5);
}

}  // namespace sluice::model::ops
