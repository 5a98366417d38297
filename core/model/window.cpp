#include "core/model/window.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace sluice::model {
namespace {

// Larger than any real window, small enough that products of two fit in 64 bits and single values in 32.
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 24;

Result<std::array<std::int64_t, 2>> read_pair(const Node& node, std::string_view name, std::int64_t smallest) {
  const auto values = node.ints_or(name, {1, 1});
  if (values.size() != 2) {
    return fail(ErrorCode::kUnsupportedOperator, {name, " has ", values.size(), " values; images need 2"});
  }
  for (const std::int64_t value : values) {
    if (value < smallest || value > kMaxExtent) {
      return fail(ErrorCode::kInvalidGraph, {name, " has the impossible value ", value});
    }
  }
  return std::array{values[0], values[1]};
}

Result<void> read_padding(const Node& node, Window& window) {
  const std::string_view mode = node.string_or("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER") {
    window.auto_pad = AutoPad::kSameUpper;
  } else if (mode == "SAME_LOWER") {
    window.auto_pad = AutoPad::kSameLower;
  } else if (mode == "VALID") {
    window.auto_pad = AutoPad::kValid;
  } else if (mode != "NOTSET" && !mode.empty()) {
    return fail(ErrorCode::kInvalidGraph, {"auto_pad has the unknown value '", clip_name(mode), "'"});
  }
  if (window.auto_pad != AutoPad::kNone) return {};
  const auto pads = node.ints_or("pads", {0, 0, 0, 0});
  if (pads.size() != 4) {
    return fail(ErrorCode::kUnsupportedOperator, {"pads has ", pads.size(), " values; images need 4"});
  }
  for (const std::int64_t pad : pads) {
    if (pad < 0 || pad > kMaxExtent) {
      return fail(ErrorCode::kUnsupportedOperator, {"pads has the unsupported value ", pad});
    }
  }
  window.pad_begin = {pads[0], pads[1]};
  window.pad_end = {pads[2], pads[3]};
  return {};
}

}  // namespace

Result<Window> read_window(const Node& node, std::optional<std::array<std::int64_t, 2>> kernel) {
  Window window;
  if (kernel && node.find("kernel_shape") == nullptr) {
    window.kernel = *kernel;
  } else {
    if (!kernel && node.find("kernel_shape") == nullptr)
      return fail(ErrorCode::kInvalidGraph, "kernel_shape is missing");
    const auto given = read_pair(node, "kernel_shape", 1);
    if (!given) return fail(given.error());
    window.kernel = *given;
    if (kernel && *kernel != *given) {
      return fail(ErrorCode::kInvalidGraph, "kernel_shape differs from the shape of the weights");
    }
  }
  if (window.kernel[0] < 1 || window.kernel[1] < 1 || window.kernel[0] > kMaxExtent || window.kernel[1] > kMaxExtent) {
    return fail(ErrorCode::kInvalidGraph, "the kernel has an impossible extent");
  }
  const auto stride = read_pair(node, "strides", 1);
  if (!stride) return fail(stride.error());
  const auto dilation = read_pair(node, "dilations", 1);
  if (!dilation) return fail(dilation.error());
  window.stride = *stride;
  window.dilation = *dilation;
  window.ceil_mode = node.int_or("ceil_mode", 0) != 0;
  if (auto padded = read_padding(node, window); !padded) return fail(padded.error());
  return window;
}

Window resolve_padding(const Window& window, std::array<std::int64_t, 2> input) {
  Window resolved = window;
  resolved.auto_pad = AutoPad::kNone;
  if (window.auto_pad != AutoPad::kSameUpper && window.auto_pad != AutoPad::kSameLower) return resolved;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t output = (input[axis] + window.stride[axis] - 1) / window.stride[axis];
    const std::int64_t reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
    const std::int64_t total = std::max<std::int64_t>((output - 1) * window.stride[axis] + reach - input[axis], 0);
    const std::int64_t smaller = total / 2;
    const bool upper = window.auto_pad == AutoPad::kSameUpper;
    resolved.pad_begin[axis] = upper ? smaller : total - smaller;
    resolved.pad_end[axis] = upper ? total - smaller : smaller;
  }
  return resolved;
}

std::optional<std::array<std::int64_t, 2>> window_output(const Window& window, std::array<std::int64_t, 2> input) {
  std::array<std::int64_t, 2> output{};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    if (input[axis] < 0 || input[axis] > std::numeric_limits<std::int64_t>::max() / 4) return std::nullopt;
    const std::int64_t reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
    const std::int64_t padded = input[axis] + window.pad_begin[axis] + window.pad_end[axis];
    const std::int64_t room = padded - reach;
    if (room < 0) return std::nullopt;
    const std::int64_t stride = window.stride[axis];
    output[axis] = (window.ceil_mode ? (room + stride - 1) / stride : room / stride) + 1;
    // With ceil_mode the last window must start inside the input or its leading padding.
    if (window.ceil_mode && (output[axis] - 1) * stride >= input[axis] + window.pad_begin[axis]) --output[axis];
  }
  return output;
}

}  // namespace sluice::model
