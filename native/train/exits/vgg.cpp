// VGG-16 for small pictures; see backbone.hpp.
#include <array>
#include <cmath>
#include <vector>

#include "native/train/exits/backbone.hpp"
#include "native/train/splitnet/layer_export.hpp"
#include "native/train/splitnet/whitening.hpp"

namespace sluice::train::exits {
namespace {

using splitnet::Arithmetic;
using splitnet::ConvNorm;
using splitnet::ConvNormDesign;

struct Block {
  std::int64_t channels;  // at full width
  int convolutions;
};
constexpr std::array kBlocks{Block{64, 2}, Block{128, 2}, Block{256, 3}, Block{512, 3}, Block{512, 3}};

class VggImpl final : public BackboneImpl {
 public:
  VggImpl(const BackboneDesign& design, Arithmetic arithmetic) {
    stem_ = register_module(
        "stem", ConvNorm(ConvNormDesign{.in = 3, .out = splitnet::kStemChannels, .normalise = false}, arithmetic));
    stem_->conv->weight.set_requires_grad(false);
    std::int64_t in = splitnet::kStemChannels;
    for (const Block& block : kBlocks) {
      const auto out = static_cast<std::int64_t>(std::lround(static_cast<double>(block.channels) * design.width));
      for (int i = 0; i < block.convolutions; ++i) {
        if (layers_.empty() && i == 0) ++i;  // the stem is the first
        const ConvNormDesign layer{.in = in, .out = out, .pool = i + 1 == block.convolutions ? 2 : 1};
        layers_.push_back(register_module("layer" + std::to_string(layers_.size()), ConvNorm(layer, arithmetic)));
        layers_.back()->start_as_identity();
        in = out;
      }
    }
    head_ = register_module("head", torch::nn::Linear(in, design.classes));
  }

  torch::Tensor forward(const torch::Tensor& pictures) override {
    torch::Tensor x = stem_->forward(pictures);
    for (ConvNorm& layer : layers_) x = layer->forward(x);
    return splitnet::classify(x, head_);
  }

  void whiten(const torch::Tensor& pictures) override { splitnet::make_whitening(stem_, pictures); }

  std::string write(OnnxExport& graph, const std::string& pictures) const override {
    std::string x = splitnet::export_block(graph, stem_, pictures);
    for (const ConvNorm& layer : layers_) x = splitnet::export_block(graph, layer, x);
    return splitnet::export_classifier(graph, head_, x);
  }

 private:
  ConvNorm stem_{nullptr};
  std::vector<ConvNorm> layers_;
  torch::nn::Linear head_{nullptr};
};

}  // namespace

std::shared_ptr<BackboneImpl> make_vgg(const BackboneDesign& design, Arithmetic arithmetic) {
  return std::make_shared<VggImpl>(design, arithmetic);
}

}  // namespace sluice::train::exits
