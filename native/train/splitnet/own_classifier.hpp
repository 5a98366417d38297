// The full model that was trained here (full_network.hpp), cut behind its first group.
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
  CutShape cut() const override { return {network_->design().widths[0], network_->design().side / 2}; }
  std::shared_ptr<TailImpl> make_tail(Arithmetic arithmetic) const override;
  std::int64_t opset() const override { return 13; }
  std::string onnx() override;
  const std::string& key() const override { return key_; }

 private:
  FullNetwork network_;
  std::string key_;
};

}  // namespace sluice::train::splitnet
