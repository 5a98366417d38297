// The sliding window of a 2-D convolution or pooling: sizes, strides, dilations and padding as ONNX's attributes give them,
// and the extents that follow. Values come from untrusted files: everything is range-checked, nothing overflows.
// Source: ONNX operators Conv, ConvTranspose, MaxPool, AveragePool (auto_pad, ceil_mode).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/result.hpp"
#include "core/model/graph.hpp"

namespace sluice::model {

enum class AutoPad : std::uint8_t { kNone, kSameUpper, kSameLower, kValid };

// Index 0: height, 1: width.
struct Window {
  std::array<std::int64_t, 2> kernel{1, 1};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 2> dilation{1, 1};
  std::array<std::int64_t, 2> pad_begin{0, 0};
  std::array<std::int64_t, 2> pad_end{0, 0};
  AutoPad auto_pad = AutoPad::kNone;
  bool ceil_mode = false;
};

// Reads the attributes of a node on 2-D images; `kernel` is the weights' extent where there are weights, else the attribute
// kernel_shape is needed. kUnsupportedOperator for another number of spatial dimensions, kInvalidGraph for bad values.
Result<Window> read_window(const Node& node, std::optional<std::array<std::int64_t, 2>> kernel);

// Replaces auto_pad (other than kNone) by the padding that it means for an input of that extent.
Window resolve_padding(const Window& window, std::array<std::int64_t, 2> input);

// The output's extent, with resolved padding; nullopt when the window does not fit in the input.
std::optional<std::array<std::int64_t, 2>> window_output(const Window& window, std::array<std::int64_t, 2> input);

}  // namespace sluice::model
