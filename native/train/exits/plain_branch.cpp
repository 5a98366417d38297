// BranchyNet's branch; see branch.hpp.
#include <vector>

#include "native/train/exits/branch.hpp"
#include "native/train/splitnet/layer_export.hpp"

namespace sluice::train::exits {
namespace {

using splitnet::ConvNorm;
using splitnet::ConvNormDesign;

constexpr std::int64_t kFilters = 32;
constexpr std::int64_t kPool = 3;
constexpr std::int64_t kPoolStride = 2;

class PlainBranch final : public BranchImpl {
 public:
  PlainBranch(const Place& place, int convolutions, std::int64_t classes) : pools_(place.side >= kPool) {
    std::int64_t in = place.channels;
    for (int i = 0; i < convolutions; ++i) {
      layers_.push_back(register_module("layer" + std::to_string(i), ConvNorm(ConvNormDesign{.in = in, .out = kFilters},
                                                                              splitnet::Arithmetic::kFloat32)));
      multiply_adds_ += static_cast<std::uint64_t>(place.side * place.side * in * kFilters * 9);
      in = kFilters;
    }
    const std::int64_t side = pools_ ? (place.side - kPool) / kPoolStride + 1 : place.side;
    head_ = register_module("head", torch::nn::Linear(in * side * side, classes));
    multiply_adds_ += static_cast<std::uint64_t>(in * side * side * classes);
  }

  torch::Tensor forward(const torch::Tensor& map) override {
    torch::Tensor x = map;
    for (ConvNorm& layer : layers_) x = layer->forward(x);
    if (pools_) x = torch::max_pool2d(x, kPool, kPoolStride);
    return head_->forward(x.flatten(1));
  }

  std::uint64_t multiply_adds() const override { return multiply_adds_; }

  void write(OnnxExport& graph, const std::string& map, const std::string& name) const override {
    using Ints = OnnxExport::Ints;
    std::string x = map;
    for (const ConvNorm& layer : layers_) x = splitnet::export_block(graph, layer, x);
    if (pools_) {
      x = graph.node("MaxPool", {x},
                     {{"kernel_shape", Ints{kPool, kPool}}, {"strides", Ints{kPoolStride, kPoolStride}}});
    }
    const std::string row = graph.node("Flatten", {x}, {{"axis", std::int64_t{1}}});
    graph.node("Gemm", {row, graph.constant(head_->weight), graph.constant(head_->bias)}, {{"transB", std::int64_t{1}}},
               name);
  }

  std::string text() const override { return std::to_string(layers_.size()) + " plain convolutions"; }

 private:
  bool pools_;
  std::vector<ConvNorm> layers_;
  torch::nn::Linear head_{nullptr};
  std::uint64_t multiply_adds_ = 0;
};

}  // namespace

std::shared_ptr<BranchImpl> make_plain_branch(const Place& place, int convolutions, std::int64_t classes) {
  return std::make_shared<PlainBranch>(place, convolutions, classes);
}

}  // namespace sluice::train::exits
