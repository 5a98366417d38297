#include "native/train/splitnet/remote_network.hpp"

#include <algorithm>

#include "native/train/checkpoint.hpp"
#include "native/train/splitnet/layer_export.hpp"

namespace sluice::train::splitnet {

ResidualImpl::ResidualImpl(std::int64_t channels, Arithmetic arithmetic) {
  ConvNormDesign design{.in = channels, .out = channels};
  first = register_module("first", ConvNorm(design, arithmetic));
  design.activation = Activation::kNone;
  second = register_module("second", ConvNorm(design, arithmetic));
  torch::NoGradGuard no_gradient;
  second->norm->weight.zero_();  // starts by changing nothing
}

torch::Tensor ResidualImpl::forward(const torch::Tensor& x) {
  return torch::relu(x + second->forward(first->forward(x)));
}

bool can_lift(std::int64_t feature_side, const CutShape& cut) {
  return feature_side > 0 && cut.side > 0 && (cut.side % feature_side == 0 || feature_side % cut.side == 0);
}

RemoteNetworkImpl::RemoteNetworkImpl(const Classifier& full, std::int64_t channels, std::int64_t side,
                                     std::int64_t residual_blocks, Arithmetic arithmetic)
    : lift_(std::max<std::int64_t>(full.cut().side / side, 1)) {
  const std::int64_t width = full.cut().channels;
  entry = register_module("entry", ConvNorm(ConvNormDesign{.in = channels,
                                                           .out = width * lift_ * lift_,
                                                           .stride = std::max<std::int64_t>(side / full.cut().side, 1)},
                                            arithmetic));
  for (std::int64_t i = 0; i < residual_blocks; ++i) {
    residuals.push_back(register_module("residual" + std::to_string(i), Residual(width, arithmetic)));
  }
  tail = register_module("tail", full.make_tail(arithmetic));
}

torch::Tensor RemoteNetworkImpl::lift(const torch::Tensor& features) {
  torch::Tensor x = entry->forward(features);
  if (lift_ > 1) x = torch::pixel_shuffle(x, lift_).contiguous(torch::MemoryFormat::ChannelsLast);
  for (Residual& residual : residuals) x = residual->forward(x);
  return x;
}

void RemoteNetworkImpl::start_from(const RemoteNetworkImpl& other, std::int64_t first_channel) {
  torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < residuals.size(); ++i) copy_values(*other.residuals[i], *residuals[i]);
  copy_values(*other.tail, *tail);
  copy_values(*other.entry->norm, *entry->norm);
  entry->conv->weight.copy_(other.entry->conv->weight.narrow(1, first_channel, entry->conv->weight.size(1)));
}

std::string RemoteNetworkImpl::write(OnnxExport& graph, const std::string& features) const {
  std::string x = export_block(graph, entry, features);
  if (lift_ > 1) x = graph.node("DepthToSpace", {x}, {{"blocksize", lift_}, {"mode", std::string("CRD")}});
  for (const Residual& residual : residuals) {
    const std::string y = export_block(graph, residual->second, export_block(graph, residual->first, x));
    x = graph.node("Relu", {graph.node("Add", {x, y})});
  }
  return tail->write(graph, x);
}

}  // namespace sluice::train::splitnet
