// The full model as all baselines see it: its weights stay as they are, and gradients pass through it to the pictures. One
// thread at a time.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/onnx_network.hpp"

namespace sluice::train::splitnet::baselines {

class FrozenModel {
 public:
  // A classifier of pictures of -1..1. Failures: those of reading the file and of OnnxNetworkImpl::load().
  static Result<FrozenModel> load(const std::filesystem::path& onnx, Arithmetic arithmetic);

  torch::Tensor logits(const torch::Tensor& pictures) { return network_->forward(pictures); }
  // Of all pictures of the set, [N, classes], without a gradient.
  torch::Tensor logits_of(const PictureSet& set);

  OnnxNetwork& network() { return network_; }
  const std::string& onnx() const { return onnx_; }
  const std::string& key() const { return key_; }  // of checkpoints

 private:
  OnnxNetwork network_{nullptr};
  std::string onnx_;
  std::string key_;
};

}  // namespace sluice::train::splitnet::baselines
