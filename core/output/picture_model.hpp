// A full model that runs on this device: picture in, result out (preprocess, run, decode), with core's own runner.
// Owns its model, tensors and decoder. One thread at a time.
#pragma once

#include <memory>

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"
#include "core/model/model.hpp"
#include "core/output/decoder.hpp"

namespace sluice::output {

class PictureModel {
 public:
  // kShapeMismatch when the model does not take exactly one input of the spec's shape.
  static Result<PictureModel> load(Bytes onnx, const input::ImageSpec& input, const OutputSpec& output,
                                   const model::LoadOptions& options);

  Result<std::vector<OutputTensor>> run(const input::ImageView& picture);

  const model::Model& model() const { return model_; }

 private:
  PictureModel(model::Model model, input::ImageToTensor to_tensor, Tensor input, std::unique_ptr<Decoder> decoder);

  model::Model model_;
  input::ImageToTensor to_tensor_;
  Tensor input_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<ModelOutput> outputs_;
};

}  // namespace sluice::output
