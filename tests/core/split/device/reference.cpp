#include "tests/core/split/device/reference.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::test {
namespace {

struct Values {
  int width, height, channels;
  std::vector<std::int64_t> values;
  std::int64_t at(int y, int x, int c, std::int64_t beside) const {
    if (y < 0 || y >= height || x < 0 || x >= width) return beside;
    return values[static_cast<std::size_t>((y * width + x) * channels + c)];
  }
};

// Factors as a unit holds them: 24 bits of mantissa.
std::int64_t scaled(std::int64_t sum, double factor) {
  int exponent = 0;
  const double mantissa = std::round(std::ldexp(std::frexp(factor, &exponent), 24));
  return static_cast<std::int64_t>(
      std::floor(static_cast<long double>(sum) * std::ldexp(static_cast<long double>(mantissa), exponent - 24) + 0.5L));
}

std::int64_t sum_at(const split::LayerPlan& layer, const Values& input, int y, int x, int out, std::int64_t zero) {
  std::int64_t sum = layer.biases[static_cast<std::size_t>(out)];
  const bool depthwise = layer.kind == split::LayerKind::kDepthwise;
  const int outs = static_cast<int>(layer.biases.size());
  for (int ky = 0; ky < layer.kernel; ++ky) {
    for (int kx = 0; kx < layer.kernel; ++kx) {
      for (int c = 0; c < (depthwise ? 1 : input.channels); ++c) {
        const int weight = depthwise ? (ky * layer.kernel + kx) * outs + out
                                     : ((out * layer.kernel + ky) * layer.kernel + kx) * input.channels + c;
        sum += layer.weights[static_cast<std::size_t>(weight)] * input.at(y * layer.stride - layer.padding + ky,
                                                                          x * layer.stride - layer.padding + kx,
                                                                          depthwise ? out : c, zero);
      }
    }
  }
  return sum;
}

std::int64_t symbol_of(const split::UnitPlan& plan, std::int64_t value) {
  if (plan.thresholds.empty()) return std::clamp<std::int64_t>(value, plan.first_symbol, plan.last_symbol);
  return plan.first_symbol + std::count_if(plan.thresholds.begin(), plan.thresholds.end(),
                                           [&](std::int32_t threshold) { return threshold <= value; });
}

}  // namespace

ReferenceAnswer reference_answer(const split::UnitPlan& plan, const std::vector<std::uint8_t>& picture) {
  ReferenceAnswer answer;
  Values input{plan.picture_width, plan.picture_height, 3, {picture.begin(), picture.end()}};
  std::int64_t zero = 128;
  for (std::size_t i = 0; i + 1 < plan.layers.size(); ++i) {
    const split::LayerPlan& layer = plan.layers[i];
    const int channels = static_cast<int>(layer.biases.size());
    Values output{(input.width + 2 * layer.padding - layer.kernel) / layer.stride + 1,
                  (input.height + 2 * layer.padding - layer.kernel) / layer.stride + 1,
                  channels,
                  {}};
    for (int y = 0; y < output.height; ++y) {
      for (int x = 0; x < output.width; ++x) {
        for (int c = 0; c < channels; ++c) {
          const std::int64_t sum = sum_at(layer, input, y, x, c, zero);
          output.values.push_back(
              std::clamp<std::int64_t>(scaled(sum, layer.factors[static_cast<std::size_t>(c)]) + layer.output_zero,
                                       layer.output_least, layer.output_most));
          if (i != plan.features_layer) continue;
          const std::int64_t value = scaled(sum, plan.symbol_factors[static_cast<std::size_t>(c)]);
          answer.symbols.push_back(static_cast<std::int8_t>(symbol_of(plan, value)));
        }
      }
    }
    input = std::move(output);
    zero = layer.output_zero;
  }
  const split::LayerPlan& head = plan.layers.back();
  for (std::size_t k = 0; k < head.biases.size(); ++k) {
    std::int64_t sum = head.biases[k];
    for (std::size_t v = 0; v < input.values.size(); ++v) {
      const std::size_t channel = v % static_cast<std::size_t>(input.channels);
      sum += input.values[v] * head.weights[channel * head.biases.size() + k];
    }
    answer.logits.push_back(static_cast<std::int32_t>(sum));
  }
  return answer;
}

}  // namespace sluice::test
