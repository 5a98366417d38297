#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

SplitNetworkImpl::SplitNetworkImpl(const Classifier& full, const SplitDesign& design, Arithmetic arithmetic)
    : design_(design) {
  extractor = register_module("extractor", Extractor(design));
  local = register_module("local", LocalHead(design, full.classes()));
  quantiser = register_module("quantiser", make_quantiser(design));
  remote = register_module("remote", RemoteNetwork(full, design.sent_channels(), full.side() / extractor_stride(design),
                                                   design.residual_blocks, arithmetic));
  combination = register_module("combination", Combination(design.coded_channels(), design.combination_softness));
}

SplitAnswer SplitNetworkImpl::forward(const torch::Tensor& pictures, const torch::Tensor& arrived) {
  const std::int64_t sent = design_.sent_channels();
  SplitAnswer out;
  out.features = extractor->forward(pictures);
  out.local = local->forward(out.features);
  out.quantised = quantiser->forward(out.features.narrow(1, design_.local_channels, sent));
  const auto there = [&](std::int64_t first) {
    return torch::arange(first, first + sent, torch::kLong).unsqueeze(0).lt(arrived.unsqueeze(1)).to(torch::kFloat32);
  };
  const auto of_values = [&](const torch::Tensor& channels) { return channels.view({-1, sent, 1, 1}); };
  const Quantised& coded = out.quantised;
  torch::Tensor values;
  if (design_.refines()) {
    const torch::Tensor coarse = there(0);
    const torch::Tensor rest = there(sent);
    out.bits = (coded.coarse_bits * coarse + (coded.bits - coded.coarse_bits) * rest).sum(1);
    values = coded.coarse_values * of_values(coarse) + (coded.values - coded.coarse_values) * of_values(rest);
  } else {
    out.bits = (coded.bits * there(0)).sum(1);
    values = coded.values * of_values(there(0));
  }
  out.remote = remote->forward(values);
  out.combined = design_.remote_only ? out.remote : combination->forward(out.local, out.remote, arrived);
  return out;
}

}  // namespace sluice::train::splitnet
