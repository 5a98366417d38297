#include "native/train/exits/exit_network.hpp"

#include <map>
#include <utility>

#include "native/train/splitnet/model_input.hpp"

namespace sluice::train::exits {

ExitNetworkImpl::ExitNetworkImpl(splitnet::OnnxNetwork backbone, const input::ImageSpec& input,
                                 std::vector<Place> places, std::vector<PlacedBranch> branches)
    : backbone_(register_module("backbone", std::move(backbone))),
      input_(input),
      places_(std::move(places)),
      branches_(std::move(branches)) {
  for (const Place& place : places_) tensors_.push_back(place.tensor);
  for (std::size_t i = 0; i < branches_.size(); ++i) register_module("branch" + std::to_string(i), branches_[i].branch);
}

ExitNetworkImpl::Logits ExitNetworkImpl::forward(const torch::Tensor& pictures, bool frozen) {
  splitnet::OnnxNetworkImpl::Values values;
  {
    const torch::AutoGradMode gradient(!frozen && torch::GradMode::is_enabled());
    values = backbone_->values_at(tensors_, splitnet::model_input(input_, pictures));
  }
  Logits logits;
  logits.full = values.output;
  std::map<std::pair<std::size_t, std::int64_t>, torch::Tensor> read;  // by place and window
  for (const PlacedBranch& one : branches_) {
    torch::Tensor& maxima = read[{one.place, one.branch->window()}];
    if (!maxima.defined()) maxima = one.branch->read(values.named[one.place]);
    logits.exits.push_back(one.branch->forward(maxima));
  }
  return logits;
}

std::vector<torch::Tensor> ExitNetworkImpl::branch_parameters() const {
  std::vector<torch::Tensor> all;
  for (const PlacedBranch& one : branches_) {
    const auto own = one.branch->parameters();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

}  // namespace sluice::train::exits
