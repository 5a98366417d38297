// From features to symbols that can be coded, and what the symbols cost. Gradients pass straight through. Two forms:
// - codebook, AgileNN's and DeepCOD's: the nearest of a few learned centroids, one codebook for all channels, a centroid
//   being 6 * sigmoid(theta) so that it stays in ReLU6's range; backward goes the softmax over squared distances. Their
//   loss has no rate term. Here a table of probabilities a channel is learned beside it, so that it can have one.
// - rounding: whole numbers within what int8 holds, priced by a logistic prior (logistic_prior.hpp). On the device that is
//   the requantisation that an int8 convolution does anyway. It may be coded in two steps, a coarse one first
//   (SplitDesign::refinement).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

struct Quantised {
  torch::Tensor symbols;  // int64, [N, channels, side, side]: centroids' numbers, or the whole numbers themselves
  torch::Tensor values;   // what the server sees; gradient straight through
  torch::Tensor bits;     // [N, channels]; gradient to the features only
  // The same when only coarse values came; undefined where the design does not refine.
  torch::Tensor coarse_values;
  torch::Tensor coarse_bits;
  torch::Tensor prior_loss;  // scalar, bits a value; gradient to the prior only
};

// What coder and decoder have to know: they number the symbols from 0.
struct SymbolTables {
  std::vector<float> values;                      // what each symbol stands for, ascending
  std::vector<std::vector<float>> probabilities;  // of each symbol, by sent channel; each row sums to 1
};

class QuantiserImpl : public torch::nn::Module {
 public:
  virtual Quantised forward(const torch::Tensor& features) = 0;
  virtual SymbolTables tables() const = 0;
};

std::shared_ptr<QuantiserImpl> make_quantiser(const SplitDesign& design);

inline constexpr std::int64_t kLargestSymbol = 31;  // of rounding, each side of 0

}  // namespace sluice::train::splitnet
