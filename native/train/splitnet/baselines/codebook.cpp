#include "native/train/splitnet/baselines/codebook.hpp"

namespace sluice::train::splitnet::baselines {

CodebookImpl::CodebookImpl(std::int64_t levels, double reach) {
  centroids_ = register_parameter("centroids", torch::linspace(-reach, reach, levels));
}

torch::Tensor CodebookImpl::sorted() const { return std::get<0>(torch::sort(centroids_)); }

CodebookImpl::Chosen CodebookImpl::forward(const torch::Tensor& features) const {
  const torch::Tensor centroids = sorted();
  const torch::Tensor distance = (features.unsqueeze(-1) - centroids).square();
  const torch::Tensor soft = (torch::softmax(-distance, -1) * centroids).sum(-1);
  Chosen chosen;
  chosen.symbols = distance.detach().argmin(-1);
  const torch::Tensor hard = centroids.index_select(0, chosen.symbols.flatten()).view_as(features);
  chosen.values = soft + (hard - soft).detach();
  return chosen;
}

}  // namespace sluice::train::splitnet::baselines
