// The direct convolution in any number of spatial dimensions, shared by the float, integer and quantised operators.
// Plans check shapes; convolve() computes output row by output row, so that the innermost loop has no test for padding.
// Layout: input [N, C, spatial...], weights [M, C / group, kernel...], output [N, M, spatial...].
#pragma once

#include "core/model/ops/window.hpp"

namespace sluice::model::ops {

struct ConvolutionPlan {
  std::int64_t batch = 0;
  std::int64_t groups = 1;
  std::int64_t in_channels = 0;   // of one group
  std::int64_t out_channels = 0;  // of one group
  std::vector<Window> axes;
  std::vector<CheckedInt64> output;  // dimensions of the output

  std::uint64_t multiply_adds() const;
  std::int64_t row() const { return axes.back().output; }
};

// `attributes` is as read from the node; the weights' shape must agree with its kernel_shape where it has one.
Result<ConvolutionPlan> plan_convolution(WindowAttributes attributes, std::int64_t groups, const Shape& input,
                                         const Shape& weights);

// Steps through the positions of a box given by `sizes`; false after the last.
inline bool next_position(std::span<std::int64_t> position, std::span<const std::int64_t> begin,
                          std::span<const std::int64_t> end) {
  for (std::size_t axis = position.size(); axis-- > 0;) {
    if (++position[axis] < end[axis]) return true;
    position[axis] = begin[axis];
  }
  return false;
}

// `load_x(x)` and `load_w(w, m)` give an input's and a weight's value as A, `start(m)` what a row of output channel m starts
// with, `store(offset, m, row)` takes a finished row to the output. `row` is working space for plan.row() elements.
template <typename A, typename X, typename W, typename LoadX, typename LoadW, typename Start, typename Store>
void convolve(const ConvolutionPlan& plan, const X* x, const W* w, std::span<A> row, LoadX load_x, LoadW load_w,
              Start start, Store store) {
  const std::size_t outer = plan.axes.size() - 1;  // axes above the row
  const Window& along = plan.axes.back();
  std::int64_t plane = along.input;
  std::int64_t kernel = along.kernel;
  std::int64_t rows = 1;
  std::array<std::int64_t, Shape::kMaxRank> in_steps{};
  std::array<std::int64_t, Shape::kMaxRank> kernel_steps{};
  std::array<std::int64_t, Shape::kMaxRank> zeros{};
  std::array<std::int64_t, Shape::kMaxRank> sizes{};
  for (std::size_t axis = outer; axis-- > 0;) {
    in_steps[axis] = plane;
    kernel_steps[axis] = kernel;
    plane *= plan.axes[axis].input;
    kernel *= plan.axes[axis].kernel;
    sizes[axis] = plan.axes[axis].output;
    rows *= sizes[axis];
  }
  const std::span<const std::int64_t> origin(zeros.data(), outer);
  const std::span<const std::int64_t> extent(sizes.data(), outer);
  std::int64_t offset = 0;
  const std::int64_t out_channels = plan.groups * plan.out_channels;
  if (rows * row.size() == 0) return;
  for (std::int64_t image = 0; image < plan.batch; ++image) {
    for (std::int64_t m = 0; m < out_channels; ++m) {
      const std::int64_t group = m / plan.out_channels;
      const X* x_group = x + (image * plan.groups + group) * plan.in_channels * plane;
      const W* w_channel = w + m * plan.in_channels * kernel;
      std::array<std::int64_t, Shape::kMaxRank> position{};
      const std::span<std::int64_t> at(position.data(), outer);
      do {
        // The part of the kernel that lies inside the input at this row.
        std::array<std::int64_t, Shape::kMaxRank> first{};
        std::array<std::int64_t, Shape::kMaxRank> last{};
        bool inside = true;
        for (std::size_t axis = 0; axis < outer; ++axis) {
          first[axis] = plan.axes[axis].first_inside(at[axis]);
          last[axis] = plan.axes[axis].last_inside(at[axis]);
          inside = inside && first[axis] < last[axis];
        }
        std::fill(row.begin(), row.end(), start(m));
        for (std::int64_t c = 0; inside && c < plan.in_channels; ++c) {
          std::array<std::int64_t, Shape::kMaxRank> tap = first;
          const std::span<std::int64_t> taps(tap.data(), outer);
          do {
            const X* x_row = x_group + c * plane;
            const W* w_row = w_channel + c * kernel;
            for (std::size_t axis = 0; axis < outer; ++axis) {
              const Window& window = plan.axes[axis];
              x_row += (window.start(at[axis]) + tap[axis] * window.dilation) * in_steps[axis];
              w_row += tap[axis] * kernel_steps[axis];
            }
            for (std::int64_t k = 0; k < along.kernel; ++k) {
              const A weight = load_w(w_row[k], m);
              const std::int64_t end = along.last_output(k);
              const std::int64_t shift = k * along.dilation - along.pad_before;
              if (along.stride == 1) {
                for (std::int64_t o = along.first_output(k); o < end; ++o) {
                  row[static_cast<std::size_t>(o)] += weight * load_x(x_row[o + shift]);
                }
              } else {
                for (std::int64_t o = along.first_output(k); o < end; ++o) {
                  row[static_cast<std::size_t>(o)] += weight * load_x(x_row[o * along.stride + shift]);
                }
              }
            }
          } while (next_position(taps, std::span<const std::int64_t>(first.data(), outer),
                                 std::span<const std::int64_t>(last.data(), outer)));
        }
        store(offset, m, row);
        offset += plan.row();
      } while (next_position(at, origin, extent));
    }
  }
}

}  // namespace sluice::model::ops
