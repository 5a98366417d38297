// The passes in the order in which they build on each other. Source of the order: each pass's header says what it expects.
#pragma once

#include "core/base/result.hpp"
#include "core/model/graph.hpp"
#include "core/model/passes/pass_context.hpp"

namespace sluice::model::passes {

// kInternal when a pass leaves a graph that cannot be ordered.
Result<void> optimize(Graph& graph, const PassContext& context);

}  // namespace sluice::model::passes
