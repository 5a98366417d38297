// Reading QuantizeLinear and DequantizeLinear: scale and zero point of activations, scales of weights, biases as integers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/model/graph.hpp"
#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {

// real = scale * (integer - zero_point), one pair for a whole int8 tensor.
struct Quantization {
  float scale = 1.0F;
  std::int32_t zero_point = 0;

  friend bool operator==(const Quantization&, const Quantization&) = default;
};

// Of a QuantizeLinear or DequantizeLinear with constant int8 parameters for the whole tensor.
std::optional<Quantization> quantization_of(const Graph& graph, const Node& node);

struct QuantizedInput {
  ValueId integers;
  Quantization quantization;
};

// The int8 tensor behind a float value that a DequantizeLinear makes.
std::optional<QuantizedInput> quantized_input(const Graph& graph, const Uses& uses, ValueId id);

struct QuantizedWeights {
  ValueId integers;           // a constant
  std::vector<float> scales;  // one, or one for each output channel
};

// Symmetric int8 weights behind a DequantizeLinear, scaled as a whole or along `channel_axis`.
std::optional<QuantizedWeights> quantized_weights(const Graph& graph, const Uses& uses, ValueId id,
                                                  std::int64_t channel_axis);

// The real values of a bias: a float32 constant, or integers behind a DequantizeLinear.
std::optional<std::vector<double>> bias_values(const Graph& graph, const Uses& uses, ValueId id);

}  // namespace sluice::model::passes
