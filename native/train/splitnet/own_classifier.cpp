#include "native/train/splitnet/own_classifier.hpp"

#include "native/train/checkpoint.hpp"
#include "native/train/splitnet/layer_export.hpp"
#include "native/train/trainer_input.hpp"

namespace sluice::train::splitnet {
namespace {

// The groups and the head.
class GroupsTail final : public TailImpl {
 public:
  GroupsTail(const FullDesign& design, Arithmetic arithmetic) {
    std::int64_t in = kStemChannels;
    for (const std::int64_t width : design.widths) {
      groups_.push_back(register_module("group" + std::to_string(groups_.size()), Group(in, width, 2, arithmetic)));
      in = width;
    }
    head_ = register_module("head", torch::nn::Linear(design.widths.back(), design.classes));
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor y = x;
    for (Group& group : groups_) y = group->forward(y);
    return classify(y, head_);
  }

  std::string write(OnnxExport& graph, const std::string& x) const override {
    std::string y = x;
    for (const Group& group : groups_) y = export_group(graph, group, y);
    return export_classifier(graph, head_, y);
  }

  void start_from(const FullNetworkImpl& full) {
    for (std::size_t i = 0; i < groups_.size(); ++i) copy_values(*full.groups[i], *groups_[i]);
    copy_values(*full.head, *head_);
  }

 private:
  std::vector<Group> groups_;
  torch::nn::Linear head_{nullptr};
};

}  // namespace

OwnClassifier::OwnClassifier(FullNetwork network, std::string key)
    : network_(std::move(network)), key_(std::move(key) + "; cut behind the stem") {
  network_->eval();
}

torch::Tensor OwnClassifier::logits(const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  return network_->forward(pictures);
}

torch::Tensor OwnClassifier::at_cut(const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  return network_->stem->forward(pictures);
}

std::shared_ptr<TailImpl> OwnClassifier::make_tail(Arithmetic arithmetic) const {
  auto tail = std::make_shared<GroupsTail>(network_->design(), arithmetic);
  tail->start_from(*network_);
  return tail;
}

input::ImageSpec OwnClassifier::input() const {
  input::ImageSpec spec;
  spec.width = spec.height = static_cast<std::uint32_t>(side());
  spec.fit = input::Fit::kStretch;
  spec.mean = {kPixelMean, kPixelMean, kPixelMean};
  spec.scale = {kPixelScale, kPixelScale, kPixelScale};
  return spec;
}

std::string OwnClassifier::onnx(WeightForm form) {
  torch::NoGradGuard no_gradient;
  const FullDesign& design = network_->design();
  OnnxExport graph("full_model", opset(), form);
  graph.input("picture", {-1, 3, design.side, design.side});
  std::string x = export_block(graph, network_->stem, "picture");
  for (const Group& group : network_->groups) x = export_group(graph, group, x);
  graph.output(export_classifier(graph, network_->head, x), {-1, design.classes});
  return graph.finish();
}

}  // namespace sluice::train::splitnet
