// DeepCOD's quantiser: the nearest of a few learned numbers, one codebook for all channels. Backward goes the softmax over squared
// distances. Symbols are numbered in the order of the numbers, whatever training does to them.
#pragma once

#include <torch/torch.h>

namespace sluice::train::splitnet::baselines {

class CodebookImpl : public torch::nn::Module {
 public:
  // Spread evenly over -reach..reach at first.
  CodebookImpl(std::int64_t levels, double reach);

  struct Chosen {
    torch::Tensor symbols;  // int64, as large as the features
    torch::Tensor values;   // what they stand for; gradient straight through
  };
  Chosen forward(const torch::Tensor& features) const;

  torch::Tensor sorted() const;  // ascending

 private:
  torch::Tensor centroids_;
};
TORCH_MODULE(Codebook);

}  // namespace sluice::train::splitnet::baselines
