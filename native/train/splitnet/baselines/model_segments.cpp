#include "native/train/splitnet/baselines/model_segments.hpp"

#include <algorithm>

#include "core/model/onnx_reader.hpp"

namespace sluice::train::splitnet::baselines {

Result<ModelSegments> ModelSegments::load(const std::string& onnx, Arithmetic arithmetic) {
  const auto graph = model::read_onnx(std::as_bytes(std::span(onnx)), {});
  if (!graph) return fail(graph.error());
  ModelSegments made;
  const auto add = [&](const std::string& from) -> Result<void> {
    auto part = OnnxNetworkImpl::load(onnx, from, arithmetic);
    if (!part) return fail(part.error());
    made.from_.emplace_back(std::move(*part));
    made.from_.back()->eval();
    return {};
  };
  if (auto added = add(""); !added) return fail(added.error());
  for (const CutPoint& point : made.from_[0]->cut_points()) {
    const bool activated = std::any_of(graph->nodes.begin(), graph->nodes.end(), [&](const model::Node& node) {
      return node.op_type == "Relu" && graph->values[node.outputs[0]].name == point.name;
    });
    if (activated) made.names_.push_back(point.name);
  }
  if (made.names_.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the full model has no ReLU through which all passes, so nothing to split at");
  }
  for (const std::string& name : made.names_) {
    if (auto added = add(name); !added) return fail(added.error());
  }
  return made;
}

std::vector<torch::Tensor> ModelSegments::at_cuts(const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> found;
  torch::Tensor x = pictures;
  for (std::size_t cut = 0; cut < names_.size(); ++cut) {
    x = from_[cut]->value_at(names_[cut], x);
    found.push_back(x.to(torch::kFloat32).contiguous());
  }
  return found;
}

torch::Tensor ModelSegments::logits_from(std::size_t cut, const torch::Tensor& x) {
  torch::NoGradGuard no_gradient;
  return from_[cut + 1]->forward(x);
}

}  // namespace sluice::train::splitnet::baselines
