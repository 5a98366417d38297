#include "native/train/splitnet/remote_network.hpp"

#include "native/train/checkpoint.hpp"

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

RemoteNetworkImpl::RemoteNetworkImpl(const FullDesign& full, std::int64_t channels, std::int64_t side,
                                     std::int64_t refinements, Arithmetic arithmetic)
    : lift_(full.side / 2 / side) {
  const std::int64_t width = full.widths[0];
  entry = register_module("entry", ConvNorm(ConvNormDesign{.in = channels, .out = width * lift_ * lift_}, arithmetic));
  for (std::int64_t i = 0; i < refinements; ++i) {
    residuals.push_back(register_module("residual" + std::to_string(i), Residual(width, arithmetic)));
  }
  std::int64_t in = width;
  for (std::size_t i = 1; i < full.widths.size(); ++i) {
    groups.push_back(register_module("group" + std::to_string(i), Group(in, full.widths[i], 2, arithmetic)));
    in = full.widths[i];
  }
  head = register_module("head", torch::nn::Linear(in, full.classes));
}

torch::Tensor RemoteNetworkImpl::forward(const torch::Tensor& features) {
  torch::Tensor x = entry->forward(features);
  if (lift_ > 1) x = torch::pixel_shuffle(x, lift_).contiguous(torch::MemoryFormat::ChannelsLast);
  for (Residual& residual : residuals) x = residual->forward(x);
  for (Group& group : groups) x = group->forward(x);
  return classify(x, head);
}

void RemoteNetworkImpl::start_from(FullNetwork& full) {
  for (std::size_t i = 0; i < groups.size(); ++i) copy_values(*full->groups[i + 1], *groups[i]);
  copy_values(*full->head, *head);
}

void RemoteNetworkImpl::start_from(const RemoteNetworkImpl& other, std::int64_t first_channel) {
  torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < residuals.size(); ++i) copy_values(*other.residuals[i], *residuals[i]);
  for (std::size_t i = 0; i < groups.size(); ++i) copy_values(*other.groups[i], *groups[i]);
  copy_values(*other.head, *head);
  copy_values(*other.entry->norm, *entry->norm);
  entry->conv->weight.copy_(other.entry->conv->weight.narrow(1, first_channel, entry->conv->weight.size(1)));
}

}  // namespace sluice::train::splitnet
