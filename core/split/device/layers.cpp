#include "core/split/device/layers.hpp"

#include "core/split/little_endian.hpp"
#include "core/split/device/rescale.hpp"

namespace sluice::split {
namespace {

constexpr std::size_t kTogether = 4;   // outputs that share the loads of their inputs
constexpr std::size_t kChannels = 16;  // of a depthwise layer whose sums are kept at a time

template <typename Value>
Value clamped(std::int64_t value, std::int64_t least, std::int64_t most) {
  return static_cast<Value>(value < least ? least : value > most ? most : value);
}

std::int8_t symbol_of(const DeviceUnit& unit, std::int64_t value) {
  if (unit.threshold_count == 0) return clamped<std::int8_t>(value, unit.first_symbol, unit.last_symbol);
  std::size_t reached = 0;
  while (reached < unit.threshold_count && value >= little_i32(unit.thresholds + 4 * reached)) ++reached;
  return static_cast<std::int8_t>(unit.first_symbol + static_cast<int>(reached));
}

// `at`: of the result; `channel`: its channel.
void put(const DeviceUnit& unit, const Layer& layer, const LayerOutput& output, std::size_t at, std::size_t channel,
         std::int32_t sum) {
  output.values[at] = clamped<std::uint8_t>(rescale(sum, little_u32(layer.rescales + 4 * channel)) + layer.output_zero,
                                            layer.output_least, layer.output_most);
  if (output.symbols == nullptr) return;
  output.symbols[at] = symbol_of(unit, rescale(sum, little_u32(layer.symbol_rescales + 4 * channel)));
}

std::int32_t product_sum(const std::uint8_t* values, const std::int8_t* weights, std::size_t count, std::int32_t sum) {
  for (std::size_t i = 0; i < count; ++i) sum += values[i] * weights[i];
  return sum;
}

// The values under the kernel at one place, row by row; zero stands for what is beside the picture.
void gather(const Layer& layer, const std::uint8_t* input, std::uint8_t input_zero, std::size_t x, std::size_t y,
            std::uint8_t* window) {
  const int channels = layer.input_channels;
  const int left = static_cast<int>(x) * layer.stride - layer.padding;
  const int top = static_cast<int>(y) * layer.stride - layer.padding;
  for (int ky = 0; ky < layer.kernel; ++ky) {
    const bool row_inside = top + ky >= 0 && top + ky < layer.input_height;
    for (int kx = 0; kx < layer.kernel; ++kx) {
      const bool inside = row_inside && left + kx >= 0 && left + kx < layer.input_width;
      const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(top + ky) * layer.input_width + left + kx;
      const std::uint8_t* from = inside ? input + pixel * channels : nullptr;
      for (int c = 0; c < channels; ++c) *window++ = inside ? from[c] : input_zero;
    }
  }
}

}  // namespace

void run_convolution(const DeviceUnit& unit, const Layer& layer, const std::uint8_t* input, std::uint8_t input_zero,
                     std::uint8_t* window, LayerOutput output) {
  const std::size_t terms = layer.terms();
  const std::size_t channels = layer.output_channels;
  std::size_t at = 0;
  for (std::size_t y = 0; y < layer.output_height; ++y) {
    for (std::size_t x = 0; x < layer.output_width; ++x, at += channels) {
      const std::uint8_t* values = window;
      if (layer.window_bytes() != 0) {
        gather(layer, input, input_zero, x, y, window);
      } else {
        values = input + (y * layer.stride * layer.input_width + x * layer.stride) * terms;
      }
      std::size_t c = 0;
      for (; c + kTogether <= channels; c += kTogether) {
        const std::int8_t* weights = layer.weights + c * terms;
        std::int32_t sums[kTogether];
        for (std::size_t k = 0; k < kTogether; ++k) sums[k] = little_i32(layer.biases + 4 * (c + k));
        for (std::size_t i = 0; i < terms; ++i) {
          for (std::size_t k = 0; k < kTogether; ++k) sums[k] += values[i] * weights[k * terms + i];
        }
        for (std::size_t k = 0; k < kTogether; ++k) put(unit, layer, output, at + c + k, c + k, sums[k]);
      }
      for (; c < channels; ++c) {
        const std::int32_t bias = little_i32(layer.biases + 4 * c);
        put(unit, layer, output, at + c, c, product_sum(values, layer.weights + c * terms, terms, bias));
      }
    }
  }
}

void run_depthwise(const DeviceUnit& unit, const Layer& layer, const std::uint8_t* input, std::uint8_t input_zero,
                   LayerOutput output) {
  const std::size_t channels = layer.output_channels;
  std::size_t at = 0;
  for (int y = 0; y < layer.output_height; ++y) {
    for (int x = 0; x < layer.output_width; ++x, at += channels) {
      const int left = x * layer.stride - layer.padding;
      const int top = y * layer.stride - layer.padding;
      for (std::size_t first = 0; first < channels; first += kChannels) {
        const std::size_t count = channels - first < kChannels ? channels - first : kChannels;
        std::int32_t sums[kChannels];
        for (std::size_t i = 0; i < count; ++i) sums[i] = little_i32(layer.biases + 4 * (first + i));
        const std::int8_t* weights = layer.weights + first;
        for (int ky = top; ky < top + layer.kernel; ++ky) {
          for (int kx = left; kx < left + layer.kernel; ++kx, weights += channels) {
            if (ky >= 0 && ky < layer.input_height && kx >= 0 && kx < layer.input_width) {
              const std::size_t pixel = static_cast<std::size_t>(ky) * layer.input_width + static_cast<std::size_t>(kx);
              const std::uint8_t* values = input + pixel * channels + first;
              for (std::size_t i = 0; i < count; ++i) sums[i] += values[i] * weights[i];
            } else {
              for (std::size_t i = 0; i < count; ++i) sums[i] += input_zero * weights[i];
            }
          }
        }
        for (std::size_t i = 0; i < count; ++i) put(unit, layer, output, at + first + i, first + i, sums[i]);
      }
    }
  }
}

void run_head(const Layer& layer, const std::uint8_t* input, std::int32_t* logits) {
  const std::size_t channels = layer.input_channels;
  const std::size_t positions = std::size_t{layer.input_width} * layer.input_height;
  const std::size_t classes = layer.output_channels;
  for (std::size_t k = 0; k < classes; ++k) logits[k] = little_i32(layer.biases + 4 * k);
  for (std::size_t c = 0; c < channels; ++c) {
    std::int32_t sum = 0;
    for (std::size_t p = 0; p < positions; ++p) sum += input[p * channels + c];
    for (std::size_t k = 0; k < classes; ++k) logits[k] += sum * layer.weights[c * classes + k];
  }
}

}  // namespace sluice::split
