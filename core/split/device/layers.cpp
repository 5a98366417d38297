#include "core/split/device/layers.hpp"

#include "core/split/little_endian.hpp"
#include "core/split/device/rescale.hpp"

namespace sluice::split {
namespace {

// Sums of neighbouring channels that share the loads of their terms: by name, so that they stay in registers however little a
// compiler unrolls.
constexpr std::size_t kTogether = 4;
struct Sums {
  std::int32_t a, b, c, d;
};

template <typename Value>
Value clamped(std::int32_t value, std::int32_t least, std::int32_t most) {
  return static_cast<Value>(value < least ? least : value > most ? most : value);
}

std::int8_t symbol_of(const DeviceUnit& unit, std::int32_t value) {
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

std::int32_t bias_of(const Layer& layer, std::size_t channel) { return little_i32(layer.biases + 4 * channel); }

Sums biases_of(const Layer& layer, std::size_t channel) {
  return {bias_of(layer, channel), bias_of(layer, channel + 1), bias_of(layer, channel + 2),
          bias_of(layer, channel + 3)};
}

void put(const DeviceUnit& unit, const Layer& layer, const LayerOutput& output, std::size_t at, std::size_t channel,
         const Sums& sums) {
  put(unit, layer, output, at, channel, sums.a);
  put(unit, layer, output, at + 1, channel + 1, sums.b);
  put(unit, layer, output, at + 2, channel + 2, sums.c);
  put(unit, layer, output, at + 3, channel + 3, sums.d);
}

// Adds the products of the same values with one row of weights for each sum.
void add_products(const std::uint8_t* values, const std::int8_t* weights, std::size_t terms, Sums& sums) {
  std::int32_t a = sums.a, b = sums.b, c = sums.c, d = sums.d;
  const std::int8_t* const second = weights + terms;
  const std::int8_t* const third = second + terms;
  const std::int8_t* const fourth = third + terms;
  for (std::size_t i = 0; i < terms; ++i) {
    const std::int32_t value = values[i];
    a += value * weights[i];
    b += value * second[i];
    c += value * third[i];
    d += value * fourth[i];
  }
  sums = {a, b, c, d};
}

std::int32_t product_sum(const std::uint8_t* values, const std::int8_t* weights, std::size_t terms, std::int32_t sum) {
  for (std::size_t i = 0; i < terms; ++i) sum += values[i] * weights[i];
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

// A depthwise kernel at one place: the part of it that lies over the picture, and the rest.
struct Window {
  Window(const Layer& of, int x, int y)
      : layer(of),
        left(x * of.stride - of.padding),
        top(y * of.stride - of.padding),
        first_x(left < 0 ? -left : 0),
        first_y(top < 0 ? -top : 0),
        end_x(left + of.kernel > of.input_width ? of.input_width - left : of.kernel),
        end_y(top + of.kernel > of.input_height ? of.input_height - top : of.kernel),
        clipped(first_x > 0 || first_y > 0 || end_x < of.kernel || end_y < of.kernel) {}

  // Calls `add(values, weights)` with both at the same channel, for each place of the kernel over the picture.
  template <typename Add>
  void over(const std::uint8_t* values, const std::int8_t* weights, Add add) const {
    const std::ptrdiff_t channels = layer.output_channels;
    for (int ky = first_y; ky < end_y; ++ky) {
      const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(top + ky) * layer.input_width;
      const std::uint8_t* value = values + (row + left + first_x) * channels;
      const std::int8_t* weight = weights + (ky * layer.kernel + first_x) * channels;
      for (int kx = first_x; kx < end_x; ++kx, value += channels, weight += channels) add(value, weight);
    }
  }

  // Calls `add(weights)` for each place of the kernel beside the picture.
  template <typename Add>
  void beside(const std::int8_t* weights, Add add) const {
    for (int ky = 0; ky < layer.kernel; ++ky) {
      for (int kx = 0; kx < layer.kernel; ++kx, weights += layer.output_channels) {
        if (ky < first_y || ky >= end_y || kx < first_x || kx >= end_x) add(weights);
      }
    }
  }

  const Layer& layer;
  int left, top;
  int first_x, first_y, end_x, end_y;
  bool clipped;
};

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
        Sums sums = biases_of(layer, c);
        add_products(values, layer.weights + c * terms, terms, sums);
        put(unit, layer, output, at + c, c, sums);
      }
      for (; c < channels; ++c) {
        put(unit, layer, output, at + c, c, product_sum(values, layer.weights + c * terms, terms, bias_of(layer, c)));
      }
    }
  }
}

void run_depthwise(const DeviceUnit& unit, const Layer& layer, const std::uint8_t* input, std::uint8_t input_zero,
                   LayerOutput output) {
  std::size_t at = 0;
  for (int y = 0; y < layer.output_height; ++y) {
    for (int x = 0; x < layer.output_width; ++x, at += layer.output_channels) {
      const Window window(layer, x, y);
      const bool beside_counts = window.clipped && input_zero != 0;
      std::size_t c = 0;
      for (; c + kTogether <= layer.output_channels; c += kTogether) {
        Sums sums = biases_of(layer, c);
        window.over(input + c, layer.weights + c, [&](const std::uint8_t* values, const std::int8_t* weights) {
          sums.a += values[0] * weights[0];
          sums.b += values[1] * weights[1];
          sums.c += values[2] * weights[2];
          sums.d += values[3] * weights[3];
        });
        if (beside_counts) {
          window.beside(layer.weights + c, [&](const std::int8_t* weights) {
            sums.a += input_zero * weights[0];
            sums.b += input_zero * weights[1];
            sums.c += input_zero * weights[2];
            sums.d += input_zero * weights[3];
          });
        }
        put(unit, layer, output, at + c, c, sums);
      }
      for (; c < layer.output_channels; ++c) {
        std::int32_t sum = bias_of(layer, c);
        window.over(input + c, layer.weights + c,
                    [&](const std::uint8_t* value, const std::int8_t* weight) { sum += *value * *weight; });
        if (beside_counts)
          window.beside(layer.weights + c, [&](const std::int8_t* weight) { sum += input_zero * *weight; });
        put(unit, layer, output, at + c, c, sum);
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
