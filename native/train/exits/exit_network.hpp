// A classifier with exits: the backbone as it came as ONNX, and branches at its places, of which several may hang on one place while
// the search chooses among them. With the backbone frozen only the branches learn; else all learns together.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "core/input/image_tensor.hpp"
#include "native/train/exits/branch.hpp"
#include "native/train/splitnet/onnx_network.hpp"

namespace sluice::train::exits {

struct PlacedBranch {
  std::size_t place = 0;  // of the network's places
  std::shared_ptr<BranchImpl> branch;
};

class ExitNetworkImpl : public torch::nn::Module {
 public:
  // `input`: what the backbone's pictures are like.
  ExitNetworkImpl(splitnet::OnnxNetwork backbone, const input::ImageSpec& input, std::vector<Place> places,
                  std::vector<PlacedBranch> branches);

  struct Logits {
    std::vector<torch::Tensor> exits;  // by branch
    torch::Tensor full;
  };
  // Pictures are floats of -1..1.
  Logits forward(const torch::Tensor& pictures, bool frozen);

  const std::vector<Place>& places() const { return places_; }
  std::size_t size() const { return branches_.size(); }
  const BranchImpl& branch(std::size_t index) const { return *branches_[index].branch; }
  std::size_t place_of(std::size_t index) const { return branches_[index].place; }
  // Of the branches' alone.
  std::vector<torch::Tensor> branch_parameters() const;

 private:
  splitnet::OnnxNetwork backbone_;
  input::ImageSpec input_;
  std::vector<Place> places_;
  std::vector<std::string> tensors_;
  std::vector<PlacedBranch> branches_;
};
TORCH_MODULE(ExitNetwork);

}  // namespace sluice::train::exits
