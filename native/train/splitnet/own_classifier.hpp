// The full model that was trained here (full_network.hpp), cut behind its stem: what the extractor keeps of a picture is close to
// linear in it, so the remote network's entry can come near the stem's features, and all that was learned stands behind them.
#pragma once

#include "native/train/splitnet/classifier.hpp"
#include "native/train/splitnet/full_network.hpp"

namespace sluice::train::splitnet {

class OwnClassifier final : public Classifier {
 public:
  OwnClassifier(FullNetwork network, std::string key);

  torch::Tensor logits(const torch::Tensor& pictures) override;
  std::int64_t side() const override { return network_->design().side; }
  std::int64_t classes() const override { return network_->design().classes; }
  CutShape cut() const override { return {kStemChannels, network_->design().side}; }
  torch::Tensor at_cut(const torch::Tensor& pictures) override;
  std::shared_ptr<TailImpl> make_tail(Arithmetic arithmetic) const override;
  std::int64_t opset() const override { return 13; }
  input::ImageSpec input() const override;
  std::string onnx(WeightForm form) override;
  const std::string& key() const override { return key_; }

 private:
  FullNetwork network_;
  std::string key_;
};

}  // namespace sluice::train::splitnet
