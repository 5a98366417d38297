// What hangs on a place of a classifier and answers early. Modules of LibTorch; each counts its multiply-adds as the core does where
// it runs, and writes itself into an ONNX graph.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/train/exits/place.hpp"
#include "native/train/onnx_export.hpp"
#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::exits {

class BranchImpl : public torch::nn::Module {
 public:
  // Branches at one place read the same maxima of its map, which are then taken once for all of them.
  virtual std::int64_t window() const { return 1; }  // side and step of a maximum; 1: the map as it is
  torch::Tensor read(const torch::Tensor& map) const {
    return (window() == 1 ? map : torch::max_pool2d(map, window())).to(torch::kFloat32);
  }
  virtual torch::Tensor forward(const torch::Tensor& maxima) = 0;  // of what read() gives, logits
  virtual std::uint64_t multiply_adds() const = 0;                 // of one input
  // Reads from `map`; the logits are called `name`.
  virtual void write(OnnxExport& graph, const std::string& map, const std::string& name) const = 0;
  virtual std::string text() const = 0;  // what it is, for keys and reports
};

// Filters of separable convolutions, in their order; none: a linear layer on the pooled map.
using Filters = std::vector<std::int64_t>;
std::string text_of(const Filters& filters);

// After FlexDNN (SEC'20, III): depthwise-separable 3x3 convolutions, two pools, a linear layer. The paper gives no sizes; here: a
// maximum brings the map to 8 a side at most, the convolutions follow, behind the first of them (or at once, where there is none) a
// maximum to 4 a side at most, and the linear layer reads all that is left. A separable convolution counts
// k*k*w*h*in + w*h*in*out.
std::shared_ptr<BranchImpl> make_separable_branch(const Place& place, const Filters& filters, std::int64_t classes);

// BranchyNet's (ICPR'16, released code): plain 3x3 convolutions of 32 filters at the map's own size, a maximum of 3 with a stride
// of 2, a linear layer.
std::shared_ptr<BranchImpl> make_plain_branch(const Place& place, int convolutions, std::int64_t classes);

// An internal classifier of Shallow-Deep Networks (ICML'19): maximum and mean of the map in 4x4 fields, mixed by a learned weight, and
// a linear layer.
std::shared_ptr<BranchImpl> make_internal_classifier(const Place& place, std::int64_t classes);

}  // namespace sluice::train::exits
