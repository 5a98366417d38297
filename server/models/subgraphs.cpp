#include "server/models/subgraphs.hpp"

#include <protozero/exception.hpp>
#include <protozero/pbf_message.hpp>

#include "core/model/onnx_schema.hpp"

namespace sluice::server {

namespace {

using namespace model::onnx;

template <typename Field>
using Message = protozero::pbf_message<Field>;

bool node_has(Message<NodeField> node) {
  while (node.next(NodeField::kAttribute, kBlock)) {
    Message<AttributeField> attribute(node.get_view());
    while (attribute.next()) {
      if (attribute.tag() == AttributeField::kGraph || attribute.tag() == AttributeField::kGraphs) return true;
      attribute.skip();
    }
  }
  return false;
}

}  // namespace

bool has_subgraphs(Bytes onnx) {
  try {
    Message<ModelField> model(protozero::data_view(reinterpret_cast<const char*>(onnx.data()), onnx.size()));
    while (model.next(ModelField::kGraph, kBlock)) {
      Message<GraphField> graph(model.get_view());
      while (graph.next(GraphField::kNode, kBlock)) {
        if (node_has(Message<NodeField>(graph.get_view()))) return true;
      }
    }
  } catch (const protozero::exception&) {
    return false;
  }
  return false;
}

}  // namespace sluice::server
