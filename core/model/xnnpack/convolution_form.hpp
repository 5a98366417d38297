// What the convolution kernels share: the attributes of a channels-last convolution node checked against its weights, and
// the weights in XNNPACK's order.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/kernel.hpp"
#include "core/model/window.hpp"

namespace sluice::model::xnnpack {

struct ConvolutionForm {
  Window window;
  std::int64_t groups = 1;
  std::int64_t group_input_channels = 1;
  std::int64_t group_output_channels = 1;
  std::size_t memory_limit_bytes = 0;

  std::int64_t input_channels() const { return groups * group_input_channels; }
  std::int64_t output_channels() const { return groups * group_output_channels; }
  std::uint32_t padding_flags() const;
};

// Weights are [O, I / groups, H, W]. The bias, if there is one, must have O elements.
Result<ConvolutionForm> read_convolution(const Node& node, const KernelContext& context);
// Weights are [I, O / groups, H, W].
Result<ConvolutionForm> read_deconvolution(const Node& node, const KernelContext& context);

// Checks the input [N, H, W, C] and gives the output's shape; refuses what would take more than the memory limit, in
// tensors or in XNNPACK's table of input rows.
Result<Shape> convolution_output(const ConvolutionForm& form, const Shape& input);

std::uint64_t count_multiply_adds(const ConvolutionForm& form, const Shape& output);

// [O, I, H, W] -> [O, H, W, I].
template <typename T>
std::vector<T> to_channels_last(std::span<const T> weights, const Shape& shape) {
  const auto outputs = static_cast<std::size_t>(shape[0]);
  const auto inputs = static_cast<std::size_t>(shape[1]);
  const auto window = static_cast<std::size_t>(shape[2] * shape[3]);
  std::vector<T> result(weights.size());
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t w = 0; w < window; ++w) {
        result[(o * window + w) * inputs + i] = weights[(o * inputs + i) * window + w];
      }
    }
  }
  return result;
}

}  // namespace sluice::model::xnnpack
