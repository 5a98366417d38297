// An Inception for small pictures; see backbone.hpp. The modules are GoogLeNet's (Szegedy and others, CVPR'15) with the 5x5
// convolution as two 3x3 ones (Inception-v3, CVPR'16), everything normalised.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "native/train/exits/backbone.hpp"
#include "native/train/splitnet/layer_export.hpp"
#include "native/train/splitnet/whitening.hpp"

namespace sluice::train::exits {
namespace {

using splitnet::Arithmetic;
using splitnet::ConvNorm;
using splitnet::ConvNormDesign;

// Channels of a module's branches, at full width.
struct ModuleDesign {
  std::int64_t point;           // 1x1
  std::int64_t reduce, square;  // 1x1, 3x3
  std::int64_t narrow, twice;   // 1x1, 3x3, 3x3
  std::int64_t pooled;          // maximum, 1x1
  bool halve;                   // the side, before the module
};
constexpr std::array kModules{
    ModuleDesign{64, 96, 128, 16, 32, 32, true},     ModuleDesign{96, 128, 160, 32, 64, 64, false},
    ModuleDesign{192, 96, 208, 16, 48, 64, true},    ModuleDesign{160, 112, 224, 24, 64, 64, false},
    ModuleDesign{128, 128, 256, 24, 64, 64, false},  ModuleDesign{256, 160, 320, 32, 128, 128, false},
    ModuleDesign{256, 160, 320, 32, 128, 128, true}, ModuleDesign{384, 192, 384, 48, 128, 128, false},
};
constexpr std::int64_t kEntryChannels = 128;

class MixedImpl final : public torch::nn::Module {
 public:
  MixedImpl(std::int64_t in, const ModuleDesign& design, double width, Arithmetic arithmetic) : halve_(design.halve) {
    const auto channels = [&](std::int64_t full) {
      return std::max<std::int64_t>(8, std::lround(static_cast<double>(full) * width / 8) * 8);
    };
    const auto block = [&](const char* name, std::int64_t from, std::int64_t out, std::int64_t kernel) {
      const ConvNormDesign one{.in = from, .out = channels(out), .kernel = kernel, .padding = kernel / 2};
      return register_module(name, ConvNorm(one, arithmetic));
    };
    point_ = block("point", in, design.point, 1);
    reduce_ = block("reduce", in, design.reduce, 1);
    square_ = block("square", channels(design.reduce), design.square, 3);
    narrow_ = block("narrow", in, design.narrow, 1);
    first_ = block("first", channels(design.narrow), design.twice, 3);
    second_ = block("second", channels(design.twice), design.twice, 3);
    pooled_ = block("pooled", in, design.pooled, 1);
    second_->start_as_identity();
    out_ = channels(design.point) + channels(design.square) + channels(design.twice) + channels(design.pooled);
  }

  std::int64_t out() const { return out_; }

  torch::Tensor forward(torch::Tensor x) {
    if (halve_) x = torch::max_pool2d(x, 2);
    return torch::cat(
        {point_->forward(x), square_->forward(reduce_->forward(x)),
         second_->forward(first_->forward(narrow_->forward(x))), pooled_->forward(torch::max_pool2d(x, 3, 1, 1))},
        1);
  }

  std::string write(OnnxExport& graph, std::string x) const {
    using Ints = OnnxExport::Ints;
    if (halve_) x = graph.node("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
    const auto chain = [&](std::string y, std::initializer_list<const ConvNorm*> blocks) {
      for (const ConvNorm* block : blocks) y = splitnet::export_block(graph, *block, y);
      return y;
    };
    const std::string largest =
        graph.node("MaxPool", {x}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{1, 1}}, {"pads", Ints{1, 1, 1, 1}}});
    return graph.node("Concat",
                      {chain(x, {&point_}), chain(x, {&reduce_, &square_}), chain(x, {&narrow_, &first_, &second_}),
                       chain(largest, {&pooled_})},
                      {{"axis", std::int64_t{1}}});
  }

 private:
  bool halve_;
  std::int64_t out_ = 0;
  ConvNorm point_{nullptr}, reduce_{nullptr}, square_{nullptr}, narrow_{nullptr}, first_{nullptr}, second_{nullptr},
      pooled_{nullptr};
};
TORCH_MODULE(Mixed);

class InceptionImpl final : public BackboneImpl {
 public:
  InceptionImpl(const BackboneDesign& design, Arithmetic arithmetic) {
    stem_ = register_module(
        "stem", ConvNorm(ConvNormDesign{.in = 3, .out = splitnet::kStemChannels, .normalise = false}, arithmetic));
    stem_->conv->weight.set_requires_grad(false);
    const auto entry = static_cast<std::int64_t>(std::lround(kEntryChannels * design.width));
    entry_ =
        register_module("entry", ConvNorm(ConvNormDesign{.in = splitnet::kStemChannels, .out = entry}, arithmetic));
    std::int64_t in = entry;
    for (const ModuleDesign& module : kModules) {
      modules_.push_back(
          register_module("module" + std::to_string(modules_.size()), Mixed(in, module, design.width, arithmetic)));
      in = modules_.back()->out();
    }
    head_ = register_module("head", torch::nn::Linear(in, design.classes));
  }

  torch::Tensor forward(const torch::Tensor& pictures) override {
    torch::Tensor x = entry_->forward(stem_->forward(pictures));
    for (Mixed& module : modules_) x = module->forward(x);
    return splitnet::classify(x, head_);
  }

  void whiten(const torch::Tensor& pictures) override { splitnet::make_whitening(stem_, pictures); }

  std::string write(OnnxExport& graph, const std::string& pictures) const override {
    std::string x = splitnet::export_block(graph, entry_, splitnet::export_block(graph, stem_, pictures));
    for (const Mixed& module : modules_) x = module->write(graph, x);
    return splitnet::export_classifier(graph, head_, x);
  }

 private:
  ConvNorm stem_{nullptr}, entry_{nullptr};
  std::vector<Mixed> modules_;
  torch::nn::Linear head_{nullptr};
};

}  // namespace

std::shared_ptr<BackboneImpl> make_inception(const BackboneDesign& design, Arithmetic arithmetic) {
  return std::make_shared<InceptionImpl>(design, arithmetic);
}

}  // namespace sluice::train::exits
