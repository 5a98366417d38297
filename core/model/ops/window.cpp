#include "core/model/ops/window.hpp"

#include <algorithm>
#include <limits>

namespace sluice::model::ops {
namespace {

// No attribute of a window has a use beyond this, and products of two such numbers fit in 64 bits.
constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

Result<void> check_list(std::vector<std::int64_t>& list, std::size_t length, std::int64_t smallest,
                        std::int64_t fallback, std::string_view name) {
  if (list.empty()) list.assign(length, fallback);
  if (list.size() != length) {
    return fail(ErrorCode::kInvalidGraph, {name, " has ", list.size(), " numbers; expected ", length});
  }
  for (std::int64_t value : list) {
    if (value < smallest || value > kLargest) {
      return fail(ErrorCode::kInvalidGraph,
                  {name, " has the value ", value, "; expected ", smallest, " to ", kLargest});
    }
  }
  return {};
}

}  // namespace

Result<WindowAttributes> WindowAttributes::read(const Node& node) {
  WindowAttributes attributes;
  attributes.kernel = node.ints_or("kernel_shape", {});
  attributes.strides = node.ints_or("strides", {});
  attributes.dilations = node.ints_or("dilations", {});
  attributes.pads = node.ints_or("pads", {});
  attributes.ceil_mode = node.int_or("ceil_mode", 0) != 0;
  const std::string_view name = node.string_or("auto_pad", "NOTSET");
  if (name == "SAME_UPPER") attributes.auto_pad = AutoPad::kSameUpper;
  else if (name == "SAME_LOWER") attributes.auto_pad = AutoPad::kSameLower;
  else if (name == "VALID") attributes.auto_pad = AutoPad::kValid;
  else if (name != "NOTSET" && !name.empty()) {
    return fail(ErrorCode::kInvalidGraph,
                {"auto_pad is '", name, "'; expected NOTSET, SAME_UPPER, SAME_LOWER or VALID"});
  }
  return attributes;
}

Result<void> WindowAttributes::complete(std::size_t axes) {
  if (auto checked = check_list(kernel, axes, 1, 1, "kernel_shape"); !checked) return checked;
  if (auto checked = check_list(strides, axes, 1, 1, "strides"); !checked) return checked;
  if (auto checked = check_list(dilations, axes, 1, 1, "dilations"); !checked) return checked;
  return check_list(pads, 2 * axes, 0, 0, "pads");
}

std::int64_t Window::first_inside(std::int64_t o) const {
  return std::clamp<std::int64_t>(ceil_divide(-start(o), dilation), 0, kernel);
}

std::int64_t Window::last_inside(std::int64_t o) const {
  return std::clamp<std::int64_t>(ceil_divide(input - start(o), dilation), 0, kernel);
}

std::int64_t Window::first_output(std::int64_t k) const {
  return std::clamp<std::int64_t>(ceil_divide(pad_before - k * dilation, stride), 0, output);
}

std::int64_t Window::last_output(std::int64_t k) const {
  return std::clamp<std::int64_t>(ceil_divide(input + pad_before - k * dilation, stride), 0, output);
}

Result<std::vector<Window>> fit_windows(const WindowAttributes& attributes, std::span<const std::int64_t> sizes) {
  std::vector<Window> windows;
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    if (sizes[axis] > kLargest) {
      return fail(ErrorCode::kInvalidGraph,
                  {"a spatial size is ", sizes[axis], "; at most ", kLargest, " is supported"});
    }
    Window window{.input = sizes[axis],
                  .kernel = attributes.kernel[axis],
                  .stride = attributes.strides[axis],
                  .dilation = attributes.dilations[axis]};
    const std::int64_t extent = (window.kernel - 1) * window.dilation + 1;
    if (attributes.auto_pad == AutoPad::kSameUpper || attributes.auto_pad == AutoPad::kSameLower) {
      window.output = ceil_divide(window.input, window.stride);
      const std::int64_t total = std::max<std::int64_t>((window.output - 1) * window.stride + extent - window.input, 0);
      const std::int64_t smaller = total / 2;
      window.pad_before = attributes.auto_pad == AutoPad::kSameUpper ? smaller : total - smaller;
      window.pad_after = total - window.pad_before;
    } else {
      if (attributes.auto_pad == AutoPad::kNone) {
        window.pad_before = attributes.pads[axis];
        window.pad_after = attributes.pads[sizes.size() + axis];
      }
      const std::int64_t room = window.input + window.pad_before + window.pad_after - extent;
      if (room < 0) {
        return fail(ErrorCode::kInvalidGraph, {"a window of ", extent, " does not fit into an axis of ", window.input,
                                               " with pads ", window.pad_before, " and ", window.pad_after});
      }
      window.output = (attributes.ceil_mode ? ceil_divide(room, window.stride) : room / window.stride) + 1;
      // A window that would start in the padding after the input holds nothing.
      const bool starts_outside = (window.output - 1) * window.stride >= window.input + window.pad_before;
      if (attributes.ceil_mode && starts_outside && window.output > 1) --window.output;
    }
    windows.push_back(window);
  }
  return windows;
}

}  // namespace sluice::model::ops
