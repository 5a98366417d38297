#include "native/train/exits/exit_network.hpp"

#include <algorithm>

#include "native/train/splitnet/model_input.hpp"

namespace sluice::train::exits {

ExitNetworkImpl::ExitNetworkImpl(splitnet::OnnxNetwork backbone, const input::ImageSpec& input,
                                 std::vector<Place> places, const std::vector<BranchDesign>& branches,
                                 std::int64_t classes)
    : backbone_(register_module("backbone", std::move(backbone))),
      input_(input),
      places_(std::move(places)),
      designs_(branches) {
  for (const Place& place : places_) tensors_.push_back(place.tensor);
  for (const BranchDesign& design : designs_) {
    branches_.push_back(register_module("branch" + std::to_string(branches_.size()),
                                        Branch(places_[design.place], design.filters, classes)));
  }
}

ExitNetworkImpl::Logits ExitNetworkImpl::forward(const torch::Tensor& pictures, bool frozen) {
  splitnet::OnnxNetworkImpl::Values values;
  {
    const torch::AutoGradMode gradient(!frozen && torch::GradMode::is_enabled());
    values = backbone_->values_at(tensors_, splitnet::model_input(input_, pictures));
  }
  Logits logits;
  logits.full = values.output;
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    logits.exits.push_back(branches_[i]->forward(values.named[designs_[i].place]));
  }
  return logits;
}

std::vector<torch::Tensor> ExitNetworkImpl::branch_parameters() const {
  std::vector<torch::Tensor> all;
  for (const Branch& branch : branches_) {
    const auto own = branch->parameters();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

}  // namespace sluice::train::exits
