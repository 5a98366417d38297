#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

SplitNetworkImpl::SplitNetworkImpl(const Classifier& full, const SplitDesign& design, Arithmetic arithmetic)
    : design_(design) {
  extractor = register_module("extractor", Extractor(design));
  local = register_module("local", LocalHead(design, full.classes()));
  quantiser = register_module("quantiser", make_quantiser(design));
  remote = register_module("remote", RemoteNetwork(full, design.sent_channels(), full.side() / extractor_stride(design),
                                                   design.refinements, arithmetic));
  combination = register_module("combination", Combination(design.sent_channels(), design.combination_softness));
}

SplitAnswer SplitNetworkImpl::forward(const torch::Tensor& pictures, const torch::Tensor& arrived) {
  const std::int64_t sent = design_.sent_channels();
  SplitAnswer out;
  out.features = extractor->forward(pictures);
  out.local = local->forward(out.features);
  out.quantised = quantiser->forward(out.features.narrow(1, design_.local_channels, sent));
  const torch::Tensor there =
      torch::arange(sent, torch::kLong).unsqueeze(0).lt(arrived.unsqueeze(1)).to(torch::kFloat32);
  out.bits = (out.quantised.bits * there).sum(1);
  out.remote = remote->forward(out.quantised.values * there.view({-1, sent, 1, 1}));
  out.combined = design_.remote_only ? out.remote : combination->forward(out.local, out.remote, arrived);
  return out;
}

}  // namespace sluice::train::splitnet
