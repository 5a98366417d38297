// A user's classifier as the full model: it comes as ONNX, and nobody has to say how it is built. It is cut at a tensor that
// is named, or at the first one through which all passes and whose side is half the picture's or less: the earlier, the closer
// is what the extractor keeps of a picture to what stands there.
#pragma once

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"
#include "native/train/splitnet/classifier.hpp"
#include "native/train/splitnet/onnx_network.hpp"

namespace sluice::train::splitnet {

class OnnxClassifier final : public Classifier {
 public:
  // `input`: what its pictures are like; square. `cut`: a tensor's name, or empty. Errors are those of OnnxNetworkImpl::load().
  static Result<std::unique_ptr<OnnxClassifier>> load(std::string onnx, const input::ImageSpec& input,
                                                      const std::string& cut, Arithmetic arithmetic);

  torch::Tensor logits(const torch::Tensor& pictures) override;
  std::int64_t side() const override { return input_.width; }
  input::ImageSpec input() const override { return input_; }
  std::int64_t classes() const override { return classes_; }
  CutShape cut() const override { return shape_; }
  torch::Tensor at_cut(const torch::Tensor& pictures) override;
  std::shared_ptr<TailImpl> make_tail(Arithmetic arithmetic) const override;
  std::int64_t opset() const override { return network_->opset(); }
  std::string onnx(WeightForm) override { return onnx_; }
  const std::string& key() const override { return key_; }
  const std::string& cut_name() const { return cut_; }

 private:
  OnnxClassifier() = default;
  Result<void> choose_cut(const std::string& wanted);

  std::string onnx_;
  input::ImageSpec input_;
  std::string cut_;
  std::string key_;
  CutShape shape_;
  std::int64_t classes_ = 0;
  OnnxNetwork network_{nullptr};
};

}  // namespace sluice::train::splitnet
