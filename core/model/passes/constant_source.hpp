// Weights as passes see them: a constant, or a DequantizeLinear of constants that will be folded to one.
#pragma once

#include <optional>

#include "core/model/graph.hpp"
#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {

// The shape of a float32 value that is, or will be, constant; nullopt for any other.
std::optional<Shape> future_constant_shape(const Graph& graph, const Uses& uses, ValueId id);

}  // namespace sluice::model::passes
