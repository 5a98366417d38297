// An exit's branch, after FlexDNN (SEC'20, III): depthwise-separable 3x3 convolutions, two pools, a linear layer. The paper gives
// no sizes; here: a maximum brings the map to 8 a side at most, the convolutions follow, behind the first of them (or at once,
// where there is none) a maximum to 4 a side at most, and the linear layer reads all that is left.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "native/train/exits/place.hpp"
#include "native/train/onnx_export.hpp"
#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::exits {

// Filters of the convolutions, in their order; none: a linear layer on the pooled map.
using Filters = std::vector<std::int64_t>;

class BranchImpl : public torch::nn::Module {
 public:
  BranchImpl(const Place& place, const Filters& filters, std::int64_t classes);

  torch::Tensor forward(torch::Tensor map);  // logits

  // Separable convolutions count k*k*w*h*in + w*h*in*out (the same).
  std::uint64_t multiply_adds() const { return multiply_adds_; }
  const Filters& filters() const { return filters_; }

  // Writes it into a graph, reading from `map`; the logits are called `name`.
  void write(OnnxExport& graph, const std::string& map, const std::string& name) const;

 private:
  struct Separable {
    splitnet::ConvNorm depthwise{nullptr};
    splitnet::ConvNorm pointwise{nullptr};
  };
  std::int64_t first_pool_ = 1;  // kernel and stride
  std::int64_t second_pool_ = 1;
  Filters filters_;
  std::vector<Separable> layers_;
  torch::nn::Linear head_{nullptr};
  std::uint64_t multiply_adds_ = 0;
};
TORCH_MODULE(Branch);

}  // namespace sluice::train::exits
