// InFi's SKIP (MobiCom'22, sections 2 and 4): a small network reads the frame and estimates the probability that the full
// model's result is not redundant; frames below the calibrated threshold are skipped. Label 1 = needed.
// The network is the bundle's `filter` part: one picture input, one output with a single probability in [0, 1].
// Owns its model and tensors. One thread at a time; no allocation after the first frame of a size.
#pragma once

#include <memory>

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"
#include "core/model/model.hpp"

namespace sluice::filter {

class SkipFilter {
 public:
  // `onnx` must outlive the filter. kShapeMismatch when the network's input is not the spec's or its output not one value.
  static Result<SkipFilter> load(Bytes onnx, const input::ImageSpec& spec, const model::LoadOptions& options);

  // Probability that the full model is needed for this frame, in [0, 1]. kExecutionFailed when it is not a number.
  Result<float> score(const input::ImageView& frame);

  const model::Model& model() const { return model_; }

 private:
  SkipFilter(model::Model model, input::ImageToTensor to_tensor, Tensor input);
  model::Model model_;
  input::ImageToTensor to_tensor_;
  Tensor input_;
};

}  // namespace sluice::filter
