#include "native/train/splitnet/onnx_classifier.hpp"

#include <algorithm>

#include "native/bundle/sha256.hpp"
#include "native/train/splitnet/model_input.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::int64_t kCutStride = 2;

class OnnxTail final : public TailImpl {
 public:
  explicit OnnxTail(std::shared_ptr<OnnxNetworkImpl> network) : network_(register_module("onnx", std::move(network))) {}

  torch::Tensor forward(const torch::Tensor& x) override { return network_->forward(x); }
  std::string write(OnnxExport& graph, const std::string& x) const override { return network_->write(graph, x); }

 private:
  std::shared_ptr<OnnxNetworkImpl> network_;
};

}  // namespace

Result<std::unique_ptr<OnnxClassifier>> OnnxClassifier::load(std::string onnx, const input::ImageSpec& input,
                                                             const std::string& cut, Arithmetic arithmetic) {
  if (input.width != input.height || input.width == 0) {
    return fail(ErrorCode::kInvalidArgument, "a classifier's pictures have to be square to be split");
  }
  auto network = OnnxNetworkImpl::load(onnx, "", arithmetic);
  if (!network) return fail(network.error());
  std::unique_ptr<OnnxClassifier> classifier(new OnnxClassifier());
  classifier->network_ = OnnxNetwork(std::move(*network));
  classifier->network_->eval();
  classifier->input_ = input;
  const auto hash = bundle::sha256_hex(std::as_bytes(std::span(onnx)));
  if (!hash) return fail(hash.error());
  classifier->onnx_ = std::move(onnx);
  if (auto chosen = classifier->choose_cut(cut); !chosen) return fail(chosen.error());
  classifier->key_ = "onnx " + *hash + " cut at " + classifier->cut_;
  return classifier;
}

Result<void> OnnxClassifier::choose_cut(const std::string& wanted) {
  torch::NoGradGuard no_gradient;
  const torch::Tensor sample = model_input(input_, torch::zeros({1, 3, side(), side()}));
  const torch::Tensor logits = network_->forward(sample);
  if (logits.dim() != 2) return fail(ErrorCode::kShapeMismatch, "the model's first output is no list of logits");
  classes_ = logits.size(1);
  for (const CutPoint& point : network_->cut_points()) {
    if (!wanted.empty() && point.name != wanted) continue;
    const torch::Tensor value = network_->value_at(point.name, sample);
    const bool map = value.dim() == 4 && value.size(2) == value.size(3) && value.size(2) > 1;
    if (!map || (wanted.empty() && value.size(2) * kCutStride > side())) continue;
    cut_ = point.name;
    shape_ = {value.size(1), value.size(2)};
    return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              {"the model cannot be cut ", wanted.empty() ? "anywhere" : "at '" + wanted + "'",
               ": it takes a square feature map through which all passes"});
}

torch::Tensor OnnxClassifier::logits(const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  return network_->forward(model_input(input_, pictures));
}

torch::Tensor OnnxClassifier::at_cut(const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  return network_->value_at(cut_, model_input(input_, pictures));
}

std::shared_ptr<TailImpl> OnnxClassifier::make_tail(Arithmetic arithmetic) const {
  // The same file and cut were loaded before.
  return std::make_shared<OnnxTail>(*OnnxNetworkImpl::load(onnx_, cut_, arithmetic));
}

}  // namespace sluice::train::splitnet
