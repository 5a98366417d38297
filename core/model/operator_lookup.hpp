// Finding the rows of an operator set that can run a node, and saying what comes nearest when there is none.
// Stateless.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/model/kernel.hpp"

namespace sluice::model {

// The rows for the node's operator at the graph's opset, in the order in which they are to be tried.
std::vector<const OperatorEntry*> find_operators(OperatorSet operators, const Node& node, std::int64_t opset);

// Whether the set has an operator of that name for that opset; passes ask before they rewrite to one.
bool has_operator(OperatorSet operators, std::string_view domain, std::string_view op_type, std::int64_t opset);

// The operator of the set that does about the same, or else has about the same name; "" for an empty set.
std::string_view nearest_operator(OperatorSet operators, std::string_view op_type);

// kUnsupportedOperator for a node that no row takes; `reason` is what the last row tried said, or empty.
Error unsupported_operator(OperatorSet operators, const Graph& graph, const Node& node, const std::string& reason);

}  // namespace sluice::model
