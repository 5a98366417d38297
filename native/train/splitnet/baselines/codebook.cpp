#include "native/train/splitnet/baselines/codebook.hpp"

namespace sluice::train::splitnet::baselines {

CodebookImpl::CodebookImpl(std::int64_t levels, double reach) {
  centroids_ = register_parameter("centroids", torch::linspace(-reach, reach, levels));
}

torch::Tensor CodebookImpl::sorted() const { return std::get<0>(torch::sort(centroids_)); }

CodebookImpl::Chosen CodebookImpl::forward(const torch::Tensor& features) const {
  const torch::Tensor centroids = sorted();
  // [levels, ...]: what is summed over comes first, which is fast.
  std::vector<std::int64_t> column(static_cast<std::size_t>(features.dim()) + 1, 1);
  column[0] = -1;
  const torch::Tensor levels = centroids.view(column);
  const torch::Tensor distance = (features.unsqueeze(0) - levels).square();
  const torch::Tensor soft = (torch::softmax(-distance, 0) * levels).sum(0);
  Chosen chosen;
  chosen.symbols = distance.detach().argmin(0);
  const torch::Tensor hard = centroids.index_select(0, chosen.symbols.flatten()).view_as(features);
  chosen.values = soft + (hard - soft).detach();
  return chosen;
}

}  // namespace sluice::train::splitnet::baselines
