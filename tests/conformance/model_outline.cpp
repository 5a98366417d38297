#include "tests/conformance/model_outline.hpp"

#include <protozero/pbf_reader.hpp>

namespace sluice::conformance {
namespace {

// Field numbers of onnx.proto.
constexpr protozero::pbf_tag_type kModelGraph = 7;
constexpr protozero::pbf_tag_type kModelOpset = 8;
constexpr protozero::pbf_tag_type kGraphNode = 1;
constexpr protozero::pbf_tag_type kNodeType = 4;
constexpr protozero::pbf_tag_type kNodeAttribute = 5;
constexpr protozero::pbf_tag_type kNodeDomain = 7;
constexpr protozero::pbf_tag_type kAttributeGraph = 6;

void read_graph(protozero::pbf_reader graph, ModelOutline& outline, bool is_main);

void read_node(protozero::pbf_reader node, ModelOutline& outline, bool is_main) {
  std::string name;
  std::string domain;
  while (node.next()) {
    switch (node.tag()) {
      case kNodeType: name = node.get_string(); break;
      case kNodeDomain: domain = node.get_string(); break;
      case kNodeAttribute: {
        protozero::pbf_reader attribute = node.get_message();
        while (attribute.next(kAttributeGraph)) read_graph(attribute.get_message(), outline, false);
        break;
      }
      default: node.skip();
    }
  }
  const std::string full = domain.empty() || domain == "ai.onnx" ? name : domain + ":" + name;
  if (is_main && outline.nodes == 1) outline.first_operator = full;
  outline.operators.insert(full);
}

void read_graph(protozero::pbf_reader graph, ModelOutline& outline, bool is_main) {
  while (graph.next(kGraphNode)) {
    if (is_main) ++outline.nodes;
    read_node(graph.get_message(), outline, is_main);
  }
}

}  // namespace

ModelOutline outline_of(Bytes model) {
  ModelOutline outline;
  protozero::pbf_reader message(reinterpret_cast<const char*>(model.data()), model.size());
  while (message.next()) {
    if (message.tag() == kModelGraph) {
      read_graph(message.get_message(), outline, true);
    } else if (message.tag() == kModelOpset) {
      std::string domain;
      std::int64_t version = 0;
      protozero::pbf_reader opset = message.get_message();
      while (opset.next()) {
        if (opset.tag() == 1) domain = opset.get_string();
        else if (opset.tag() == 2) version = opset.get_int64();
        else opset.skip();
      }
      if (domain.empty() || domain == "ai.onnx") outline.opset = version;
    } else {
      message.skip();
    }
  }
  return outline;
}

}  // namespace sluice::conformance
