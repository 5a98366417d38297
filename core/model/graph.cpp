#include "core/model/graph.hpp"

#include <algorithm>

namespace sluice::model {
namespace {

template <typename T>
const T* value_of(const Node& node, std::string_view attribute) {
  const Attribute* found = node.find(attribute);
  return found != nullptr ? std::get_if<T>(&found->value) : nullptr;
}

}  // namespace

const Attribute* Node::find(std::string_view attribute) const {
  const auto found = std::ranges::find(attributes, attribute, &Attribute::name);
  return found != attributes.end() ? &*found : nullptr;
}

std::int64_t Node::int_or(std::string_view attribute, std::int64_t fallback) const {
  const auto* value = value_of<std::int64_t>(*this, attribute);
  return value != nullptr ? *value : fallback;
}

float Node::float_or(std::string_view attribute, float fallback) const {
  const auto* value = value_of<float>(*this, attribute);
  return value != nullptr ? *value : fallback;
}

std::string_view Node::string_or(std::string_view attribute, std::string_view fallback) const {
  const auto* value = value_of<std::string>(*this, attribute);
  return value != nullptr ? std::string_view(*value) : fallback;
}

std::vector<std::int64_t> Node::ints_or(std::string_view attribute, std::vector<std::int64_t> fallback) const {
  const auto* value = value_of<std::vector<std::int64_t>>(*this, attribute);
  if (value != nullptr) return *value;
  return fallback;
}

void Node::set(std::string_view attribute, AttributeValue value) {
  const auto found = std::ranges::find(attributes, attribute, &Attribute::name);
  if (found != attributes.end()) {
    found->value = std::move(value);
  } else {
    attributes.push_back({std::string(attribute), std::move(value)});
  }
}

std::string clip_name(std::string_view name) {
  return name.size() <= kMaxShownName ? std::string(name) : join_text({name.substr(0, kMaxShownName), "..."});
}

std::string node_label(const Graph& graph, const Node& node) {
  std::string label = clip_name(node.op_type) + " node";
  if (!node.name.empty()) return join_text({label, " '", clip_name(node.name), "'"});
  for (ValueId output : node.outputs) {
    if (output != kNoValue) return join_text({label, " that makes '", clip_name(graph.values[output].name), "'"});
  }
  return label;
}

ValueId Graph::add_value(std::string name) {
  values.push_back({});
  values.back().name = std::move(name);
  return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::add_constant(std::string name, Tensor tensor) {
  const ValueId id = add_value(std::move(name));
  set_constant(id, std::move(tensor));
  return id;
}

void Graph::set_constant(ValueId id, Tensor tensor) {
  owned_constants.push_back(std::move(tensor));
  const TensorView view = owned_constants.back().view();
  values[id].type = view.type;
  values[id].shape = view.shape;
  values[id].constant = view;
}

}  // namespace sluice::model
