#include "server/models/open_ended.hpp"

#include <algorithm>
#include <array>
#include <protozero/exception.hpp>
#include <protozero/pbf_message.hpp>
#include <string_view>

#include "core/model/onnx_schema.hpp"

namespace sluice::server {

namespace {

using namespace model::onnx;

template <typename Field>
using Message = protozero::pbf_message<Field>;

// Those whose output's size, or whose work, is in a value. A model that has one with constants alone is taken for open-ended too: it loses
// no more than the way around the workers.
constexpr std::array<std::string_view, 22> kOperators = {"AffineGrid",
                                                         "BlackmanWindow",
                                                         "CenterCropPad",
                                                         "Col2Im",
                                                         "Compress",
                                                         "ConstantOfShape",
                                                         "DFT",
                                                         "Expand",
                                                         "HammingWindow",
                                                         "HannWindow",
                                                         "MaxUnpool",
                                                         "MelWeightMatrix",
                                                         "NonMaxSuppression",
                                                         "NonZero",
                                                         "OneHot",
                                                         "Pad",
                                                         "Range",
                                                         "Resize",
                                                         "STFT",
                                                         "Tile",
                                                         "Unique",
                                                         "Upsample"};

bool is_open_ended_node(Message<NodeField> node) {
  while (node.next()) {
    if (node.tag() == NodeField::kOpType && node.wire_type() == kBlock) {
      const auto type = node.get_view();
      if (std::ranges::find(kOperators, std::string_view(type.data(), type.size())) != kOperators.end()) return true;
    } else if (node.tag() == NodeField::kAttribute && node.wire_type() == kBlock) {
      Message<AttributeField> attribute(node.get_view());
      while (attribute.next()) {
        if (attribute.tag() == AttributeField::kGraph || attribute.tag() == AttributeField::kGraphs) return true;
        attribute.skip();
      }
    } else {
      node.skip();
    }
  }
  return false;
}

}  // namespace

bool is_open_ended(Bytes onnx) {
  try {
    Message<ModelField> model(protozero::data_view(reinterpret_cast<const char*>(onnx.data()), onnx.size()));
    while (model.next(ModelField::kGraph, kBlock)) {
      Message<GraphField> graph(model.get_view());
      while (graph.next(GraphField::kNode, kBlock)) {
        if (is_open_ended_node(Message<NodeField>(graph.get_view()))) return true;
      }
    }
  } catch (const protozero::exception&) {
    return false;
  }
  return false;
}

}  // namespace sluice::server
