#include "native/train/trunk.hpp"

#include <algorithm>
#include <array>

#include "core/model/onnx_reader.hpp"
#include "native/train/trainer_input.hpp"

namespace sluice::train {
namespace {

constexpr std::string_view kFeatures = "trunk_features";

model::OnnxWriter::Names names_of(const model::Graph& graph, const std::vector<model::ValueId>& ids) {
  model::OnnxWriter::Names names;
  for (const model::ValueId id : ids) names.push_back(id == model::kNoValue ? std::string() : graph.values[id].name);
  return names;
}

}  // namespace

Result<std::string> extend_filter(Bytes filter, const Extend& extend) {
  const auto graph = model::read_onnx(filter, {});
  if (!graph) return fail(graph.error());
  const auto last = std::find_if(graph->nodes.rbegin(), graph->nodes.rend(),
                                 [](const model::Node& node) { return node.op_type == "Conv"; });
  if (last == graph->nodes.rend())
    return fail(ErrorCode::kUnsupportedOperator, "the filter has no convolution whose input REUSE could build on");

  model::OnnxWriter writer("skip_filter", graph->opset);
  for (const model::ValueId id : graph->inputs) {
    const model::Value& value = graph->values[id];
    writer.add_input(value.name, value.type, value.declared_dims);
  }
  for (const model::ValueId id : graph->outputs) {
    const model::Value& value = graph->values[id];
    writer.add_output(value.name, value.type, value.declared_dims);
  }
  for (const model::Value& value : graph->values) {
    if (value.constant) writer.add_initializer(value.name, *value.constant);
  }
  for (const model::Node& node : graph->nodes) {
    writer.add_node(node.op_type, names_of(*graph, node.inputs), names_of(*graph, node.outputs), node.attributes,
                    node.name, node.domain);
  }
  extend(writer, graph->values[last->inputs[0]].name);
  return writer.finish();
}

Result<TrunkRunner> TrunkRunner::load(Bytes filter) {
  auto onnx = extend_filter(filter, [](model::OnnxWriter& writer, const std::string& features) {
    // A node of its own, since an output has to have its own name: nothing below zero comes out of the trunk.
    writer.add_node("Relu", {features}, {std::string(kFeatures)});
    writer.add_output(kFeatures, DataType::kFloat32, {1, -1, -1, -1});
  });
  if (!onnx) return fail(onnx.error());
  TrunkRunner runner(std::move(*onnx));
  model::LoadOptions options;
  options.operators = model::gate_operators();
  auto model = model::Model::load(std::as_bytes(std::span(*runner.onnx_)), options);
  if (!model) return fail(model.error());
  if (model->inputs().size() != 1 || model->outputs().size() != 2)
    return fail(ErrorCode::kShapeMismatch, "a filter to build on has one input and one output");
  const auto shape = Shape::make(model->inputs()[0].dims);
  if (!shape) return fail(ErrorCode::kShapeMismatch, "a filter to build on has an input of a fixed size");
  auto input = Tensor::create(DataType::kFloat32, *shape);
  if (!input) return fail(input.error());
  runner.model_ = std::make_unique<model::Model>(std::move(*model));
  runner.input_ = std::move(*input);
  return runner;
}

Result<void> TrunkRunner::run(std::span<const std::uint8_t> planes) {
  const auto values = input_.as<float>();
  if (planes.size() != values.size()) {
    return fail(ErrorCode::kShapeMismatch, {"the filter reads ", values.size(), " values, not ", planes.size()});
  }
  std::ranges::transform(planes, values.begin(), network_value);
  return model_->run(std::array{std::as_const(input_).view()});
}

float TrunkRunner::score() const { return std::clamp(model_->output(0).as<float>()[0], 0.0F, 1.0F); }

}  // namespace sluice::train
