// FlexDNN's branch; see branch.hpp.
#include <algorithm>
#include <sstream>

#include "native/train/exits/branch.hpp"

#include "native/train/splitnet/layer_export.hpp"

namespace sluice::train::exits {
namespace {

using splitnet::ConvNorm;
using splitnet::ConvNormDesign;

constexpr std::int64_t kFirstSide = 8;
constexpr std::int64_t kSecondSide = 4;

std::int64_t pool_to(std::int64_t side, std::int64_t most) {
  return std::max<std::int64_t>((side + most - 1) / most, 1);
}

std::string write_pool(OnnxExport& graph, const std::string& x, std::int64_t pool) {
  if (pool == 1) return x;
  const OnnxExport::Ints window{pool, pool};
  return graph.node("MaxPool", {x}, {{"kernel_shape", window}, {"strides", window}});
}

torch::Tensor take_pool(const torch::Tensor& x, std::int64_t pool) {
  return pool == 1 ? x : torch::max_pool2d(x, pool);
}

class SeparableBranch final : public BranchImpl {
 public:
  SeparableBranch(const Place& place, const Filters& filters, std::int64_t classes);
  std::int64_t window() const override { return first_pool_; }
  torch::Tensor forward(const torch::Tensor& maxima) override;
  std::uint64_t multiply_adds() const override { return multiply_adds_; }
  void write(OnnxExport& graph, const std::string& map, const std::string& name) const override;
  std::string text() const override { return text_of(filters_); }

 private:
  struct Separable {
    ConvNorm depthwise{nullptr};
    ConvNorm pointwise{nullptr};
  };
  std::int64_t first_pool_ = 1;  // kernel and stride
  std::int64_t second_pool_ = 1;
  Filters filters_;
  std::vector<Separable> layers_;
  torch::nn::Linear head_{nullptr};
  std::uint64_t multiply_adds_ = 0;
};

SeparableBranch::SeparableBranch(const Place& place, const Filters& filters, std::int64_t classes) : filters_(filters) {
  first_pool_ = pool_to(place.side, kFirstSide);
  std::int64_t side = place.side / first_pool_;
  second_pool_ = pool_to(side, kSecondSide);
  std::int64_t in = place.channels;
  for (const std::int64_t out : filters) {
    const std::string number = std::to_string(layers_.size());
    Separable layer;
    layer.depthwise = register_module(
        "depthwise" + number,
        ConvNorm(ConvNormDesign{.in = in, .out = in, .groups = in, .activation = splitnet::Activation::kNone},
                 splitnet::Arithmetic::kFloat32));
    layer.pointwise = register_module(
        "pointwise" + number,
        ConvNorm(ConvNormDesign{.in = in, .out = out, .kernel = 1, .padding = 0}, splitnet::Arithmetic::kFloat32));
    multiply_adds_ += static_cast<std::uint64_t>(side * side * in * (9 + out));
    if (layers_.empty()) side /= second_pool_;
    layers_.push_back(layer);
    in = out;
  }
  if (layers_.empty()) side /= second_pool_;
  head_ = register_module("head", torch::nn::Linear(in * side * side, classes));
  multiply_adds_ += static_cast<std::uint64_t>(in * side * side * classes);
}

torch::Tensor SeparableBranch::forward(const torch::Tensor& maxima) {
  torch::Tensor x = maxima;
  bool pooled = false;
  for (Separable& layer : layers_) {
    x = layer.pointwise->forward(layer.depthwise->forward(x));
    if (!pooled) x = take_pool(x, second_pool_);
    pooled = true;
  }
  if (!pooled) x = take_pool(x, second_pool_);
  return head_->forward(x.flatten(1));
}

void SeparableBranch::write(OnnxExport& graph, const std::string& map, const std::string& name) const {
  std::string x = write_pool(graph, map, first_pool_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = splitnet::export_block(graph, layers_[i].depthwise, x);
    x = splitnet::export_block(graph, layers_[i].pointwise, x);
    if (i == 0) x = write_pool(graph, x, second_pool_);
  }
  if (layers_.empty()) x = write_pool(graph, x, second_pool_);
  const std::string row = graph.node("Flatten", {x}, {{"axis", std::int64_t{1}}});
  graph.node("Gemm", {row, graph.constant(head_->weight), graph.constant(head_->bias)}, {{"transB", std::int64_t{1}}},
             name);
}

}  // namespace

std::string text_of(const Filters& filters) {
  std::ostringstream text;
  for (const std::int64_t number : filters) text << (text.tellp() > 0 ? "+" : "") << number;
  return filters.empty() ? "no convolution" : text.str();
}

std::shared_ptr<BranchImpl> make_separable_branch(const Place& place, const Filters& filters, std::int64_t classes) {
  return std::make_shared<SeparableBranch>(place, filters, classes);
}

}  // namespace sluice::train::exits
