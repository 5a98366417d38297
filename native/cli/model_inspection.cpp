#include "native/cli/model_inspection.hpp"

#include <algorithm>
#include <cstdio>

#include "core/model/onnx_reader.hpp"
#include "core/model/operator_lookup.hpp"
#include "core/model/passes/optimize.hpp"
#include "native/cli/printable.hpp"

namespace sluice::cli {
namespace {

std::string operator_name(const model::Node& node) {
  return node.domain == model::kOnnxDomain ? node.op_type : node.domain + "." + node.op_type;
}

std::string tensor_text(const model::TensorInfo& info) {
  return join_text({info.name, "  ", type_name(info.type), " ", dims_text(info.dims)});
}

// Once on zeros, an open first dimension taken as a batch of one: the counters are complete then.
bool run_on_zeros(model::Model& model) {
  std::vector<Tensor> tensors;
  std::vector<TensorView> views;
  for (const model::TensorInfo& input : model.inputs()) {
    std::vector<std::int64_t> dims = input.dims;
    if (!dims.empty() && dims.front() < 0) dims.front() = 1;
    const auto shape = Shape::make(dims);
    if (!shape) return false;
    auto tensor = Tensor::create(input.type, *shape);
    if (!tensor) return false;
    tensors.push_back(std::move(*tensor));
  }
  for (const Tensor& tensor : tensors) views.push_back(tensor.view());
  return model.run(views).has_value();
}

std::string count_text(std::uint64_t value) {
  char buffer[32];
  if (value < 10'000) {
    std::snprintf(buffer, sizeof buffer, "%llu", static_cast<unsigned long long>(value));
  } else if (value < 10'000'000) {
    std::snprintf(buffer, sizeof buffer, "%.1f thousand", static_cast<double>(value) / 1e3);
  } else {
    std::snprintf(buffer, sizeof buffer, "%.1f million", static_cast<double>(value) / 1e6);
  }
  return buffer;
}

std::string kilobytes(std::size_t bytes) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f kB", static_cast<double>(bytes) / 1000);
  return buffer;
}

}  // namespace

Result<ModelInspection> inspect_model(Bytes onnx) {
  const model::ModelLimits limits;
  auto graph = model::read_onnx(onnx, limits);
  if (!graph) return fail(graph.error());
  ModelInspection inspection;
  inspection.opset = graph->opset;
  inspection.bytes = onnx.size();
  inspection.nodes_read = graph->nodes.size();
  for (const model::Node& node : graph->nodes) {
    OperatorUse& use = inspection.operators[operator_name(node)];
    if (++use.count > 1) continue;
    use.supported = model::has_operator(model::all_operators(), node.domain, node.op_type, graph->opset);
    // The passes turn some operators into their channels-last forms, and the small set may hold that form alone.
    use.in_gate_set = model::has_operator(model::gate_operators(), node.domain, node.op_type, graph->opset) ||
                      model::has_operator(model::gate_operators(), model::kNhwcDomain, node.op_type, graph->opset);
    if (!use.supported) use.nearest = model::nearest_operator(model::all_operators(), node.op_type);
  }
  for (const model::Value& value : graph->values) {
    if (value.constant) inspection.parameters += value.constant->shape.element_count().value_or(0);
  }
  const auto describe_values = [&](const std::vector<model::ValueId>& ids) {
    std::vector<model::TensorInfo> infos;
    for (const model::ValueId id : ids) {
      const model::Value& value = graph->values[id];
      infos.push_back({value.name, value.type, value.declared_dims});
    }
    return infos;
  };
  inspection.inputs = describe_values(graph->inputs);
  inspection.outputs = describe_values(graph->outputs);

  model::LoadOptions options;
  options.operators = model::all_operators();
  auto loaded = model::Model::load(onnx, options);
  if (!loaded) {
    inspection.load_error = loaded.error();
    return inspection;
  }
  inspection.ran = run_on_zeros(*loaded);
  inspection.stats = loaded->stats();
  inspection.inputs.assign(loaded->inputs().begin(), loaded->inputs().end());
  inspection.outputs.assign(loaded->outputs().begin(), loaded->outputs().end());
  if (model::passes::optimize(*graph, {options.operators, limits, nullptr})) {
    for (const model::Node& node : graph->nodes) ++inspection.optimized_operators[operator_name(node)];
  }
  return inspection;
}

std::string describe_model(const ModelInspection& inspection) {
  std::string text = "ONNX opset " + std::to_string(inspection.opset) + ", " + kilobytes(inspection.bytes) + ", " +
                     count_text(inspection.parameters) + " constants\n";
  for (const model::TensorInfo& input : inspection.inputs) text += "  input   " + printable(tensor_text(input)) + "\n";
  for (const model::TensorInfo& output : inspection.outputs)
    text += "  output  " + printable(tensor_text(output)) + "\n";

  text += "operators (" + std::to_string(inspection.nodes_read) + " nodes)\n";
  for (const auto& [name, use] : inspection.operators) {
    char row[160];
    std::snprintf(row, sizeof row, "  %5llu  %-28s ", static_cast<unsigned long long>(use.count),
                  printable(name).c_str());
    text += row;
    if (!use.supported) {
      text += "not supported" + (use.nearest.empty() ? "" : "; the nearest is " + use.nearest) + "\n";
    } else {
      text += use.in_gate_set ? "supported, also by the gate-only module\n" : "supported\n";
    }
  }
  if (inspection.load_error) return text + "cannot run here: " + printable(describe(*inspection.load_error)) + "\n";

  text += "after the passes (" + std::to_string(inspection.stats->nodes_run) + " nodes)\n ";
  for (const auto& [name, count] : inspection.optimized_operators)
    text += " " + std::to_string(count) + " " + printable(name) + ",";
  if (text.back() == ',') text.back() = '\n';
  const model::ModelStats& stats = *inspection.stats;
  if (inspection.ran) {
    text += "multiply-adds  " + count_text(stats.multiply_adds) + " a run\n";
    text += "activations    " + kilobytes(stats.activation_bytes) + "\n";
  } else {
    text += "multiply-adds  unknown: the model leaves dimensions of its inputs open\n";
  }
  return text + "weights        " + kilobytes(stats.weight_bytes) + " packed\n";
}

}  // namespace sluice::cli
