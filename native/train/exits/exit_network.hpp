// A classifier with exits: the backbone as it came as ONNX, and branches at its places, of which several may hang on one place while
// the search chooses among them. With the backbone frozen only the branches learn; else all learns together.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "core/input/image_tensor.hpp"
#include "native/train/exits/branch.hpp"
#include "native/train/splitnet/onnx_network.hpp"

namespace sluice::train::exits {

struct BranchDesign {
  std::size_t place = 0;  // of the network's places
  Filters filters;
};

class ExitNetworkImpl : public torch::nn::Module {
 public:
  // `input`: what the backbone's pictures are like.
  ExitNetworkImpl(splitnet::OnnxNetwork backbone, const input::ImageSpec& input, std::vector<Place> places,
                  const std::vector<BranchDesign>& branches, std::int64_t classes);

  struct Logits {
    std::vector<torch::Tensor> exits;  // by branch
    torch::Tensor full;
  };
  // Pictures are floats of -1..1.
  Logits forward(const torch::Tensor& pictures, bool frozen);

  const std::vector<Place>& places() const { return places_; }
  const std::vector<BranchDesign>& designs() const { return designs_; }
  std::size_t size() const { return branches_.size(); }
  const BranchImpl& branch(std::size_t index) const { return *branches_[index]; }
  // Of the branches' alone.
  std::vector<torch::Tensor> branch_parameters() const;

 private:
  splitnet::OnnxNetwork backbone_;
  input::ImageSpec input_;
  std::vector<Place> places_;
  std::vector<std::string> tensors_;
  std::vector<BranchDesign> designs_;
  std::vector<Branch> branches_;
};
TORCH_MODULE(ExitNetwork);

}  // namespace sluice::train::exits
