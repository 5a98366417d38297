#include "core/pipeline/error_budget.hpp"

#include <algorithm>
#include <numeric>

namespace sluice::pipeline {

float share_error_budget(std::span<const std::unique_ptr<Question>> questions, std::span<const float> shares,
                         float accuracy_target, std::span<float> spent) {
  const float allowed = std::clamp(1 - accuracy_target, 0.0F, 1.0F);
  const float whole = std::accumulate(shares.begin(), shares.end(), 0.0F);
  float left_over = 0;
  float sum = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const float offered = (whole > 0 ? allowed * (shares[i] / whole) : 0) + left_over;
    spent[i] = questions[i]->set_error_budget(offered);
    left_over = std::max(offered - spent[i], 0.0F);
    sum += spent[i];
  }
  return std::clamp(1 - sum, 0.0F, 1.0F);
}

}  // namespace sluice::pipeline
