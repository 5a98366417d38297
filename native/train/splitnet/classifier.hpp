// The full model as the later stages see it, be it trained here or a user's: it teaches, and its part behind a cut is what the
// remote network ends in and starts from. One thread at a time.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>

#include "core/input/image_tensor.hpp"
#include "native/train/onnx_export.hpp"
#include "native/train/splitnet/arithmetic.hpp"

namespace sluice::train::splitnet {

// From the tensor at the cut to logits; trained on.
class TailImpl : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;
  // Puts itself into a graph; returns the logits' name.
  virtual std::string write(OnnxExport& graph, const std::string& x) const = 0;
};

// Of the tensor at the cut.
struct CutShape {
  std::int64_t channels = 0;
  std::int64_t side = 0;
};

class Classifier {
 public:
  virtual ~Classifier() = default;

  // Pictures are floats of -1..1. No gradient; statistics as trained.
  virtual torch::Tensor logits(const torch::Tensor& pictures) = 0;
  virtual std::int64_t side() const = 0;  // of its pictures
  virtual input::ImageSpec input() const = 0;
  virtual std::int64_t classes() const = 0;
  virtual CutShape cut() const = 0;
  // What stands at the cut. No gradient.
  virtual torch::Tensor at_cut(const torch::Tensor& pictures) = 0;
  // A tail with the classifier's own weights.
  virtual std::shared_ptr<TailImpl> make_tail(Arithmetic arithmetic) const = 0;
  virtual std::int64_t opset() const = 0;                                // that the tail's nodes need
  virtual std::string onnx(WeightForm form = WeightForm::kFloat32) = 0;  // all of it; a user's own stays as it is
  // What it is, for the keys of checkpoints.
  virtual const std::string& key() const = 0;
};

}  // namespace sluice::train::splitnet
