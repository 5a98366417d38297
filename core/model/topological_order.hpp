// Puts a graph's nodes in an order in which every node follows those that make its inputs. Keeps an order that already is
// one. kInvalidGraph names a node on a cycle.
#pragma once

#include "core/base/result.hpp"
#include "core/model/graph.hpp"

namespace sluice::model {

Result<void> sort_topologically(Graph& graph);

}  // namespace sluice::model
