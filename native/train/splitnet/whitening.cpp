#include "native/train/splitnet/whitening.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace sluice::train::splitnet {
namespace {

constexpr double kLeastVariance = 5e-4;

struct Directions {
  std::vector<double> variances;
  std::vector<std::vector<double>> vectors;
};

// Eigenvalues and vectors of a small symmetric matrix, by Jacobi's rotations.
Directions principal_directions(std::vector<std::vector<double>> matrix) {
  const std::size_t size = matrix.size();
  std::vector<std::vector<double>> vectors(size, std::vector<double>(size, 0));
  for (std::size_t i = 0; i < size; ++i) vectors[i][i] = 1;
  for (int sweep = 0; sweep < 30; ++sweep) {
    for (std::size_t p = 0; p + 1 < size; ++p) {
      for (std::size_t q = p + 1; q < size; ++q) {
        if (std::abs(matrix[p][q]) < 1e-14) continue;
        const double angle = 0.5 * std::atan2(2 * matrix[p][q], matrix[q][q] - matrix[p][p]);
        const double c = std::cos(angle);
        const double s = std::sin(angle);
        const auto rotate = [&](double& a, double& b) {
          const double was = a;
          a = c * was - s * b;
          b = s * was + c * b;
        };
        for (std::size_t k = 0; k < size; ++k) rotate(matrix[k][p], matrix[k][q]);
        for (std::size_t k = 0; k < size; ++k) rotate(matrix[p][k], matrix[q][k]);
        for (std::size_t k = 0; k < size; ++k) rotate(vectors[p][k], vectors[q][k]);
      }
    }
  }
  Directions found;
  for (std::size_t i = 0; i < size; ++i) found.variances.push_back(matrix[i][i]);
  found.vectors = std::move(vectors);
  return found;
}

}  // namespace

torch::Tensor whitening_filters(const torch::Tensor& pictures, std::int64_t side, std::int64_t count) {
  const torch::Tensor patches =
      torch::nn::functional::unfold(pictures.contiguous(), torch::nn::functional::UnfoldFuncOptions(side))
          .transpose(1, 2)
          .reshape({-1, 3 * side * side});
  const torch::Tensor covariance =
      (patches.t().mm(patches) / static_cast<double>(patches.size(0))).to(torch::kFloat64).contiguous();
  const auto size = static_cast<std::size_t>(covariance.size(0));
  std::vector<std::vector<double>> matrix(size, std::vector<double>(size));
  const auto values = covariance.accessor<double, 2>();
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      matrix[i][j] = values[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(j)];
    }
  }
  const Directions found = principal_directions(std::move(matrix));
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return found.variances[a] > found.variances[b]; });
  torch::Tensor filters = torch::empty({count, 3 * side * side});
  for (std::int64_t i = 0; i < count / 2; ++i) {
    const std::size_t which = order[static_cast<std::size_t>(i)];
    const torch::Tensor filter =
        torch::tensor(found.vectors[which], torch::kFloat64) / std::sqrt(found.variances[which] + kLeastVariance);
    filters[i].copy_(filter);
    filters[i + count / 2].copy_(-filter);
  }
  return filters.view({count, 3, side, side});
}

void make_whitening(ConvNorm& stem, const torch::Tensor& pictures) {
  torch::NoGradGuard no_gradient;
  const auto& design = stem->design();
  stem->conv->weight.copy_(whitening_filters(pictures, design.kernel, design.out));
  stem->conv->weight.set_requires_grad(false);
  stem->conv->bias.zero_();
}

}  // namespace sluice::train::splitnet
