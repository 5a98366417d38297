#include "native/simulate/placement/regression_forest.hpp"

#include <algorithm>
#include <numeric>
#include <span>

#include "native/simulate/draw.hpp"

namespace sluice::simulate {
namespace {

struct Split {
  std::size_t predictor = 0;
  double below = 0;
  double gain = 0;  // in squared deviations
};

}  // namespace

// One tree.
struct RegressionForest::Grower {
  const std::vector<Predictors>& rows;
  const std::vector<double>& values;
  const ForestOptions& options;
  Draw& draw;
  Tree tree{};

  // `samples` are reordered.
  std::size_t grow(std::span<std::size_t> samples) {
    const std::size_t node = tree.size();
    double sum = 0;
    for (const std::size_t i : samples) sum += values[i];
    tree.push_back({0, 0, 0, 0, sum / static_cast<double>(samples.size())});
    const Split split = best_split(samples, sum);
    if (!(split.gain > 0)) return node;
    const auto middle = std::partition(samples.begin(), samples.end(),
                                       [&](std::size_t i) { return rows[i][split.predictor] < split.below; });
    const auto left_count = static_cast<std::size_t>(middle - samples.begin());
    tree[node].predictor = split.predictor;
    tree[node].below = split.below;
    const std::size_t left = grow(samples.first(left_count));
    const std::size_t right = grow(samples.subspan(left_count));
    tree[node].left = left;
    tree[node].right = right;
    return node;
  }

  Split best_split(std::span<std::size_t> samples, double sum) {
    Split best;
    std::array<std::size_t, kPredictors> order{};
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t tried = 0; tried < std::min(options.tried_predictors, kPredictors); ++tried) {
      std::swap(order[tried], order[tried + draw.index(kPredictors - tried)]);
      try_predictor(order[tried], samples, sum, best);
    }
    return best;
  }

  void try_predictor(std::size_t predictor, std::span<std::size_t> samples, double sum, Split& best) const {
    std::ranges::sort(samples, [&](std::size_t a, std::size_t b) {
      return rows[a][predictor] != rows[b][predictor] ? rows[a][predictor] < rows[b][predictor] : a < b;
    });
    const double count = static_cast<double>(samples.size());
    double left = 0;
    for (std::size_t i = 1; i < samples.size(); ++i) {
      left += values[samples[i - 1]];
      const double before = rows[samples[i - 1]][predictor];
      const double here = rows[samples[i]][predictor];
      if (i < options.least_leaf || samples.size() - i < options.least_leaf || before == here) continue;
      const double left_count = static_cast<double>(i);
      const double right = sum - left;
      const double gain = left * left / left_count + right * right / (count - left_count) - sum * sum / count;
      if (gain > best.gain) best = {predictor, (before + here) / 2, gain};
    }
  }
};

RegressionForest::RegressionForest(const std::vector<Predictors>& rows, const std::vector<double>& values,
                                   const ForestOptions& options) {
  Draw draw(options.seed);
  for (std::size_t tree = 0; tree < options.trees; ++tree) {
    std::vector<std::size_t> samples(rows.size());
    for (std::size_t& sample : samples) sample = draw.index(rows.size());
    Grower grower{rows, values, options, draw};
    grower.grow(samples);
    trees_.push_back(std::move(grower.tree));
  }
}

double RegressionForest::operator()(const Predictors& row) const {
  double sum = 0;
  for (const Tree& tree : trees_) {
    std::size_t node = 0;
    while (tree[node].left != 0)
      node = row[tree[node].predictor] < tree[node].below ? tree[node].left : tree[node].right;
    sum += tree[node].value;
  }
  return sum / static_cast<double>(trees_.size());
}

}  // namespace sluice::simulate
