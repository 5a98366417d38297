// The sliding windows of convolution and pooling: attributes read once from the node, then fitted to an input's spatial
// sizes. All arithmetic is checked; hostile attributes (zero strides, huge pads) are refused with kInvalidGraph.
// Plain data, not synchronised.
#pragma once

#include <cstdint>
#include <vector>

#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {

enum class AutoPad { kNone, kSameUpper, kSameLower, kValid };

struct WindowAttributes {
  std::vector<std::int64_t> kernel;  // empty: from the weights
  std::vector<std::int64_t> strides;
  std::vector<std::int64_t> dilations;
  std::vector<std::int64_t> pads;  // begin of each axis, then end of each axis
  AutoPad auto_pad = AutoPad::kNone;
  bool ceil_mode = false;

  static Result<WindowAttributes> read(const Node& node);
  // Fills in the defaults for `axes` spatial axes; kInvalidGraph when a list has another length or a value is out of range.
  Result<void> complete(std::size_t axes);
};

// The window of one spatial axis. Element k of the window at output position o reads input o * stride + k * dilation -
// pad_before, where that lies inside.
struct Window {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad_before = 0;
  std::int64_t pad_after = 0;

  std::int64_t start(std::int64_t o) const { return o * stride - pad_before; }
  // Elements of the window at o that lie inside the input: [first, last).
  std::int64_t first_inside(std::int64_t o) const;
  std::int64_t last_inside(std::int64_t o) const;
  // Output positions whose element k lies inside the input: [first, last).
  std::int64_t first_output(std::int64_t k) const;
  std::int64_t last_output(std::int64_t k) const;
};

// a / b rounded up. Precondition: b > 0.
constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

// The windows over spatial sizes `sizes`, with complete() attributes.
Result<std::vector<Window>> fit_windows(const WindowAttributes& attributes, std::span<const std::int64_t> sizes);

}  // namespace sluice::model::ops
