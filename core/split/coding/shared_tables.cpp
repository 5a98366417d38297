#include "core/split/coding/shared_tables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/split/coding/class_limits.hpp"

namespace sluice::split {
namespace {

constexpr double kUnseen = 0.05;  // how often a symbol counts as seen that never was
constexpr int kMostRounds = 30;

SymbolCounts sum_of(const SymbolCounts& a, const SymbolCounts& b) {
  SymbolCounts sum(a);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += b[i];
  return sum;
}

// Groups of distributions, two of which become one until few enough are left.
class Merging {
 public:
  explicit Merging(std::span<const SymbolCounts> distributions)
      : counts_(distributions.begin(), distributions.end()), members_(distributions.size()) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      members_[i].push_back(i);
      bits_.push_back(entropy_bits(counts_[i]));
    }
    nearest_.resize(counts_.size());
    for (std::size_t i = 0; i < counts_.size(); ++i) find_nearest(i);
  }

  std::size_t groups() const { return counts_.size(); }

  void merge_one() {
    std::size_t a = 0;
    for (std::size_t i = 1; i < groups(); ++i) {
      if (nearest_[i].cost < nearest_[a].cost) a = i;
    }
    const std::size_t b = nearest_[a].group;
    const auto [kept, gone] = std::minmax(a, b);
    counts_[kept] = sum_of(counts_[kept], counts_[gone]);
    bits_[kept] = entropy_bits(counts_[kept]);
    members_[kept].insert(members_[kept].end(), members_[gone].begin(), members_[gone].end());
    const std::size_t last = groups() - 1;
    if (gone != last) {
      counts_[gone] = std::move(counts_[last]);
      bits_[gone] = bits_[last];
      members_[gone] = std::move(members_[last]);
      nearest_[gone] = nearest_[last];
    }
    counts_.pop_back();
    bits_.pop_back();
    members_.pop_back();
    nearest_.pop_back();
    for (std::size_t i = 0; i < groups(); ++i) {
      const std::size_t with = nearest_[i].group;
      if (i == kept || with == kept || with == gone) find_nearest(i);
      else if (with == last) nearest_[i].group = gone;
    }
  }

  std::vector<std::size_t> group_of() const {
    std::size_t all = 0;
    for (const auto& members : members_) all += members.size();
    std::vector<std::size_t> group(all);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      for (const std::size_t member : members_[i]) group[member] = i;
    }
    return group;
  }

 private:
  struct Nearest {
    std::size_t group = 0;
    double cost = std::numeric_limits<double>::infinity();
  };

  void find_nearest(std::size_t i) {
    nearest_[i] = {};
    for (std::size_t j = 0; j < groups(); ++j) {
      if (j == i) continue;
      const double cost = entropy_bits(sum_of(counts_[i], counts_[j])) - bits_[i] - bits_[j];
      if (cost < nearest_[i].cost) nearest_[i] = {j, cost};
    }
  }

  std::vector<SymbolCounts> counts_;
  std::vector<double> bits_;
  std::vector<std::vector<std::size_t>> members_;
  std::vector<Nearest> nearest_;
};

// Shares of the total as the counts are, each at least 1.
std::vector<std::uint32_t> shares_of(const SymbolCounts& counts, unsigned total_bits) {
  const std::uint32_t total = std::uint32_t{1} << total_bits;
  const double seen = std::accumulate(counts.begin(), counts.end(), 0.0) + kUnseen * static_cast<double>(counts.size());
  const double to_share = total - static_cast<double>(counts.size());
  std::vector<std::uint32_t> shares;
  std::uint32_t left = total;
  for (const std::uint32_t count : counts) {
    shares.push_back(1 + static_cast<std::uint32_t>((count + kUnseen) / seen * to_share));
    left -= shares.back();
  }
  // What rounding down left over: to the likeliest, where it is least felt.
  *std::max_element(shares.begin(), shares.end()) += left;
  return shares;
}

std::vector<double> prices_of(const SymbolCounts& counts, unsigned total_bits) {
  std::vector<double> prices;
  for (const std::uint32_t share : shares_of(counts, total_bits)) {
    prices.push_back(total_bits - std::log2(static_cast<double>(share)));
  }
  return prices;
}

std::vector<SymbolCounts> sums_by_group(std::span<const SymbolCounts> distributions,
                                        const std::vector<std::size_t>& group_of, std::size_t groups) {
  std::vector<SymbolCounts> sums(groups, SymbolCounts(distributions[0].size()));
  for (std::size_t i = 0; i < distributions.size(); ++i)
    sums[group_of[i]] = sum_of(sums[group_of[i]], distributions[i]);
  return sums;
}

// Each distribution to the group whose table codes it in the fewest bits. False when none moved.
bool move_to_best(std::span<const SymbolCounts> distributions, std::vector<std::size_t>& group_of, std::size_t groups,
                  unsigned total_bits) {
  std::vector<std::vector<double>> prices;
  for (const SymbolCounts& sum : sums_by_group(distributions, group_of, groups)) {
    prices.push_back(prices_of(sum, total_bits));
  }
  bool moved = false;
  for (std::size_t i = 0; i < distributions.size(); ++i) {
    const auto bits_by = [&](std::size_t group) {
      return std::inner_product(distributions[i].begin(), distributions[i].end(), prices[group].begin(), 0.0);
    };
    std::size_t best = group_of[i];
    for (std::size_t group = 0; group < groups; ++group) {
      if (bits_by(group) < bits_by(best)) best = group;
    }
    moved = moved || best != group_of[i];
    group_of[i] = best;
  }
  return moved;
}

}  // namespace

SharedTables share_tables(std::span<const SymbolCounts> distributions, std::size_t tables, unsigned total_bits) {
  Merging merging(distributions);
  while (merging.groups() > tables) merging.merge_one();
  std::vector<std::size_t> group_of = merging.group_of();
  for (int round = 0; round < kMostRounds; ++round) {
    if (!move_to_best(distributions, group_of, merging.groups(), total_bits)) break;
  }
  SharedTables shared;
  for (const std::size_t group : group_of) shared.table_of.push_back(static_cast<std::uint8_t>(group));
  for (const SymbolCounts& sum : sums_by_group(distributions, group_of, merging.groups())) {
    std::vector<std::uint16_t> starts;
    std::uint32_t start = 0;
    for (const std::uint32_t share : shares_of(sum, total_bits)) {
      starts.push_back(static_cast<std::uint16_t>(start));
      start += share;
    }
    shared.starts.push_back(std::move(starts));
  }
  return shared;
}

}  // namespace sluice::split
