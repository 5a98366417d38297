// The full model in pieces, cut behind its ReLUs: what SPINN may split it at. Runs piece by piece, so that what stands at all cuts
// takes one run, and from any cut to the answer. Owns a copy of the weights for each piece. One thread at a time.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/splitnet/onnx_network.hpp"

namespace sluice::train::splitnet::baselines {

class ModelSegments {
 public:
  // Failures: kInvalidArgument where there is no ReLU through which all passes; those of OnnxNetworkImpl::load().
  static Result<ModelSegments> load(const std::string& onnx, Arithmetic arithmetic);

  std::size_t cuts() const { return names_.size(); }
  const std::string& name(std::size_t cut) const { return names_[cut]; }
  // What stands at each cut, in their order; float32.
  std::vector<torch::Tensor> at_cuts(const torch::Tensor& pictures);
  // From what stands at a cut.
  torch::Tensor logits_from(std::size_t cut, const torch::Tensor& x);

 private:
  std::vector<std::string> names_;
  std::vector<OnnxNetwork> from_;  // the part behind nothing, behind the first cut, ...
};

}  // namespace sluice::train::splitnet::baselines
