// An internal classifier of Shallow-Deep Networks; see branch.hpp.
#include <algorithm>

#include "native/train/exits/branch.hpp"

namespace sluice::train::exits {
namespace {

constexpr std::int64_t kFields = 4;  // a side

class InternalClassifier final : public BranchImpl {
 public:
  InternalClassifier(const Place& place, std::int64_t classes)
      : pool_(std::max<std::int64_t>(place.side / kFields, 1)),
        side_(place.side / pool_),
        inputs_(place.channels * side_ * side_) {
    mix_ = register_parameter("mix", torch::full({1}, 0.0));
    head_ = register_module("head", torch::nn::Linear(inputs_, classes));
  }

  torch::Tensor forward(const torch::Tensor& map) override {
    torch::Tensor x = map;
    if (pool_ > 1) {
      const torch::Tensor share = torch::sigmoid(mix_);
      x = share * torch::max_pool2d(x, pool_) + (1 - share) * torch::avg_pool2d(x, pool_);
    }
    return head_->forward(x.flatten(1));
  }

  std::uint64_t multiply_adds() const override {
    return static_cast<std::uint64_t>(inputs_ * head_->options.out_features());
  }

  void write(OnnxExport& graph, const std::string& map, const std::string& name) const override {
    std::string x = map;
    if (pool_ > 1) {
      const OnnxExport::Ints window{pool_, pool_};
      const torch::Tensor share = torch::sigmoid(mix_).reshape({});
      const auto pooled = [&](const char* how, const torch::Tensor& weight) {
        const std::string y = graph.node(how, {map}, {{"kernel_shape", window}, {"strides", window}});
        return graph.node("Mul", {y, graph.constant(weight)});
      };
      x = graph.node("Add", {pooled("MaxPool", share), pooled("AveragePool", 1 - share)});
    }
    const std::string row = graph.node("Flatten", {x}, {{"axis", std::int64_t{1}}});
    graph.node("Gemm", {row, graph.constant(head_->weight), graph.constant(head_->bias)}, {{"transB", std::int64_t{1}}},
               name);
  }

  std::string text() const override { return "mixed pools and a linear layer"; }

 private:
  std::int64_t pool_;
  std::int64_t side_;
  std::int64_t inputs_;
  torch::Tensor mix_;
  torch::nn::Linear head_{nullptr};
};

}  // namespace

std::shared_ptr<BranchImpl> make_internal_classifier(const Place& place, std::int64_t classes) {
  return std::make_shared<InternalClassifier>(place, classes);
}

}  // namespace sluice::train::exits
