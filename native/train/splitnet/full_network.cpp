#include "native/train/splitnet/full_network.hpp"

#include "native/train/splitnet/whitening.hpp"

namespace sluice::train::splitnet {
GroupImpl::GroupImpl(std::int64_t in, std::int64_t out, std::int64_t pool, Arithmetic arithmetic) {
  ConvNormDesign design{.in = in, .out = out, .pool = pool};
  first = register_module("first", ConvNorm(design, arithmetic));
  design.in = out;
  design.pool = 1;
  second = register_module("second", ConvNorm(design, arithmetic));
  first->start_as_identity();
  second->start_as_identity();
}

FullNetworkImpl::FullNetworkImpl(const FullDesign& design, Arithmetic arithmetic) : design_(design) {
  stem =
      register_module("stem", ConvNorm(ConvNormDesign{.in = 3, .out = kStemChannels, .normalise = false}, arithmetic));
  stem->conv->weight.set_requires_grad(false);
  std::int64_t in = kStemChannels;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = register_module("group" + std::to_string(i), Group(in, design.widths[i], 2, arithmetic));
    in = design.widths[i];
  }
  head = register_module("head", torch::nn::Linear(in, design.classes));
}

torch::Tensor FullNetworkImpl::forward(const torch::Tensor& pictures) {
  torch::Tensor x = stem->forward(pictures);
  for (Group& group : groups) x = group->forward(x);
  return classify(x, head);
}

void FullNetworkImpl::whiten(const torch::Tensor& pictures) { make_whitening(stem, pictures); }

torch::Tensor classify(const torch::Tensor& x, torch::nn::Linear& head) {
  return head->forward(x.amax({2, 3}).to(torch::kFloat32)) * kLogitScale;
}

}  // namespace sluice::train::splitnet
