#include "native/train/splitnet/onnx_network.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <stdexcept>

#include "core/model/onnx_reader.hpp"
#include "native/train/splitnet/onnx_nodes.hpp"

namespace sluice::train::splitnet {
namespace {

torch::Tensor to_torch(const TensorView& view) {
  const auto dims = view.shape.dims();
  const std::vector<std::int64_t> sizes(dims.begin(), dims.end());
  if (view.type == DataType::kInt64) {
    const auto values = view.as<std::int64_t>();
    return torch::tensor(std::vector<std::int64_t>(values.begin(), values.end()), torch::kLong).view(sizes);
  }
  const auto values = view.as<float>();
  return torch::tensor(std::vector<float>(values.begin(), values.end())).view(sizes);
}

// Inputs of a node that training may change.
bool trainable(const model::Node& node, std::size_t input) {
  if (node.op_type == "Conv" || node.op_type == "Gemm") return input == 1 || input == 2;
  if (node.op_type == "BatchNormalization") return input == 1 || input == 2;
  return node.op_type == "MatMul" && input == 1;
}

}  // namespace

Result<std::shared_ptr<OnnxNetworkImpl>> OnnxNetworkImpl::load(std::string onnx, const std::string& from,
                                                               Arithmetic arithmetic) {
  std::shared_ptr<OnnxNetworkImpl> network(new OnnxNetworkImpl());
  network->onnx_ = std::move(onnx);
  network->arithmetic_ = arithmetic;
  auto graph = model::read_onnx(std::as_bytes(std::span(network->onnx_)), {});
  if (!graph) return fail(graph.error());
  network->graph_ = std::move(*graph);
  if (network->graph_.inputs.size() != 1 || network->graph_.outputs.empty()) {
    return fail(ErrorCode::kInvalidArgument, "a classifier has one input and an output");
  }
  if (auto widened = network->widen_weights(); !widened) return fail(widened.error());
  if (auto kept = network->keep_part(from); !kept) return fail(kept.error());
  if (auto taken = network->take_weights(); !taken) return fail(taken.error());
  return network;
}

// Weights that are kept as float16 and cast to float32 by a node of their own become float32 constants.
Result<void> OnnxNetworkImpl::widen_weights() {
  const auto widens = [&](const model::Node& node) {
    return node.op_type == "Cast" && graph_.is_constant(node.inputs[0]) &&
           graph_.values[node.inputs[0]].constant->type == DataType::kFloat16 &&
           node.int_or("to", 0) == static_cast<std::int64_t>(DataType::kFloat32);
  };
  for (const model::Node& node : graph_.nodes) {
    if (!widens(node)) continue;
    const TensorView& narrow = *graph_.values[node.inputs[0]].constant;
    auto wide = Tensor::create(DataType::kFloat32, narrow.shape);
    if (!wide) return fail(wide.error());
    const auto values = wide->as<float>();
    torch::Tensor halves = torch::empty({static_cast<std::int64_t>(values.size())}, torch::kHalf);
    std::memcpy(halves.data_ptr(), narrow.bytes.data(), narrow.bytes.size());
    const torch::Tensor floats = halves.to(torch::kFloat32);
    std::copy_n(floats.data_ptr<float>(), values.size(), values.begin());
    graph_.set_constant(node.outputs[0], *std::move(wide));
  }
  std::erase_if(graph_.nodes, widens);
  return {};
}

// Drops the nodes that the output does not depend on without passing `from`.
Result<void> OnnxNetworkImpl::keep_part(const std::string& from) {
  output_ = graph_.outputs[0];
  input_ = graph_.inputs[0];
  if (!from.empty()) {
    const auto found = std::find_if(graph_.values.begin(), graph_.values.end(),
                                    [&](const model::Value& value) { return value.name == from && !value.constant; });
    if (found == graph_.values.end()) return fail(ErrorCode::kNotFound, {"the model has no tensor '", from, "'"});
    input_ = static_cast<model::ValueId>(found - graph_.values.begin());
  }
  std::set<model::ValueId> wanted{output_};
  std::vector<model::Node> kept;
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    const auto makes = [&](model::ValueId id) { return id != input_ && wanted.contains(id); };
    if (std::none_of(node->outputs.begin(), node->outputs.end(), makes)) continue;
    for (const model::ValueId id : node->inputs) {
      if (id != model::kNoValue && !graph_.is_constant(id)) wanted.insert(id);
    }
    kept.push_back(std::move(*node));
  }
  if (!wanted.contains(input_) || (input_ != graph_.inputs[0] && wanted.contains(graph_.inputs[0]))) {
    return fail(ErrorCode::kInvalidArgument, {"the answer does not depend on '", from, "' alone"});
  }
  std::reverse(kept.begin(), kept.end());
  graph_.nodes = std::move(kept);
  return {};
}

Result<void> OnnxNetworkImpl::take_weights() {
  constants_.resize(graph_.values.size());
  for (const model::Node& node : graph_.nodes) {
    if (!node_supported(node.op_type)) {
      return fail(ErrorCode::kUnsupportedOperator,
                  {model::node_label(graph_, node), " is not one that can be trained"});
    }
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const model::ValueId id = node.inputs[i];
      if (!graph_.is_constant(id) || constants_[id].defined()) continue;
      const TensorView& view = *graph_.values[id].constant;
      if (view.type != DataType::kFloat32 && view.type != DataType::kInt64) {
        return fail(ErrorCode::kUnsupportedOperator,
                    {model::node_label(graph_, node), " has weights of neither float32 nor int64"});
      }
      const torch::Tensor tensor = to_torch(view);
      const std::string name = "value" + std::to_string(id);  // ONNX's names may hold dots, LibTorch's not
      if (trainable(node, i) && tensor.is_floating_point()) constants_[id] = register_parameter(name, tensor);
      else constants_[id] = register_buffer(name, tensor);
    }
  }
  return {};
}

std::vector<torch::Tensor> OnnxNetworkImpl::run(const torch::Tensor& x, model::ValueId until) {
  std::vector<torch::Tensor> values(graph_.values.size());
  values[input_] = x;
  for (const model::Node& node : graph_.nodes) {
    if (values[until].defined()) break;
    NodeInputs inputs{node, {}, graph_.opset, arithmetic_};
    for (const model::ValueId id : node.inputs) {
      if (id == model::kNoValue) inputs.values.emplace_back();
      else inputs.values.push_back(constants_[id].defined() ? constants_[id] : values[id]);
    }
    values[node.outputs[0]] = run_node(inputs);
  }
  return values;
}

torch::Tensor OnnxNetworkImpl::forward(const torch::Tensor& x) { return run(x, output_)[output_].to(torch::kFloat32); }

std::vector<CutPoint> OnnxNetworkImpl::cut_points() const {
  // A tensor is a cut where, after the node that makes it, nothing older is read any more.
  std::vector<std::size_t> last_read(graph_.values.size(), 0);
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (const model::ValueId id : graph_.nodes[i].inputs) {
      if (id != model::kNoValue && !graph_.is_constant(id)) last_read[id] = i;
    }
  }
  std::vector<CutPoint> points;
  std::size_t open_until = last_read[input_];  // by what was made before this node
  for (std::size_t i = 0; i + 1 < graph_.nodes.size(); ++i) {
    const model::ValueId made = graph_.nodes[i].outputs[0];
    if (open_until <= i) points.push_back({graph_.values[made].name, i});
    open_until = std::max(open_until, last_read[made]);
  }
  return points;
}

model::ValueId OnnxNetworkImpl::find_value(const std::string& name) const {
  for (std::size_t id = 0; id < graph_.values.size(); ++id) {
    if (graph_.values[id].name == name) return static_cast<model::ValueId>(id);
  }
  throw std::out_of_range(name);
}

torch::Tensor OnnxNetworkImpl::value_at(const std::string& name, const torch::Tensor& x) {
  const model::ValueId id = find_value(name);
  return run(x, id)[id];
}

OnnxNetworkImpl::Values OnnxNetworkImpl::values_at(const std::vector<std::string>& names, const torch::Tensor& x) {
  const std::vector<torch::Tensor> all = run(x, output_);
  Values values;
  for (const std::string& name : names) values.named.push_back(all[find_value(name)]);
  values.output = all[output_].to(torch::kFloat32);
  return values;
}

std::string OnnxNetworkImpl::first_bypass() const {
  for (std::size_t i = 1; i < graph_.nodes.size(); ++i) {
    const model::Node& node = graph_.nodes[i];
    for (const model::ValueId id : node.inputs) {
      if (id == model::kNoValue || graph_.is_constant(id) || id == graph_.nodes[i - 1].outputs[0]) continue;
      return model::node_label(graph_, node) + " reads '" + graph_.values[id].name + "' around what stands before it";
    }
  }
  return "no tensor in it is a feature map of equal sides";
}

std::string OnnxNetworkImpl::write(OnnxExport& graph, const std::string& input) const {
  std::vector<std::string> names(graph_.values.size());
  names[input_] = input;
  const auto name_of = [&](model::ValueId id) -> std::string {
    if (id == model::kNoValue) return {};
    if (names[id].empty()) names[id] = graph.constant(constants_[id]);
    return names[id];
  };
  for (const model::Node& node : graph_.nodes) {
    model::OnnxWriter::Names inputs;
    for (const model::ValueId id : node.inputs) inputs.push_back(name_of(id));
    names[node.outputs[0]] = graph.node(node.op_type, inputs, node.attributes);
  }
  return names[output_];
}

}  // namespace sluice::train::splitnet
