// The passes in the order in which they build on each other: all of them, and those that gate_operators() has kernels for (a
// file of its own, so that a gate-only program links no other). Each pass's header says what it expects.
#pragma once

#include "core/base/result.hpp"
#include "core/model/graph.hpp"
#include "core/model/passes/pass_context.hpp"

namespace sluice::model::passes {

// kInternal when a pass leaves a graph that cannot be ordered.
Result<void> optimize(Graph& graph, const PassContext& context);

// The same for float32 gates: without quantisation and the rewriting of Pad.
Result<void> optimize_gate(Graph& graph, const PassContext& context);

// The passes know the operators' definitions from this opset on; older models run as they are written.
inline constexpr std::int64_t kOldestOptimisedOpset = 7;

}  // namespace sluice::model::passes
