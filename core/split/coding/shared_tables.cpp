#include "core/split/coding/shared_tables.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "core/split/coding/class_limits.hpp"

namespace sluice::split {
namespace {

constexpr double kUnseen = 0.05;  // how often a symbol counts as seen that never was
constexpr int kMostRounds = 30;
// Comparing all with all takes the square of their number, and with 256 channels there are thousands.
constexpr std::size_t kMostCompared = 256;
constexpr std::size_t kNeighbourhood = 128;
constexpr std::size_t kMergedAtOnce = 4;

void add(SymbolCounts& sum, const SymbolCounts& more) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
}

// Numbers of distributions that share a table.
using Group = std::vector<std::size_t>;

// Groups of distributions, two of which become one until few enough are left. Each is compared with all others.
class Merging {
 public:
  Merging(std::span<const SymbolCounts> distributions, std::vector<Group> groups)
      : members_(std::move(groups)), nearest_(members_.size()) {
    for (const Group& members : members_) {
      SymbolCounts counts(distributions[0].size());
      for (const std::size_t member : members) add(counts, distributions[member]);
      bits_.push_back(entropy_bits(counts));
      counts_.push_back(std::move(counts));
    }
    for (std::size_t i = 0; i < groups_left(); ++i) find_nearest(i);
  }

  std::vector<Group> merge_to(std::size_t wanted) && {
    while (groups_left() > std::max<std::size_t>(wanted, 1)) merge_one();
    return std::move(members_);
  }

 private:
  struct Nearest {
    std::size_t group = 0;
    double cost = std::numeric_limits<double>::infinity();
  };

  std::size_t groups_left() const { return members_.size(); }

  void merge_one() {
    std::size_t a = 0;
    for (std::size_t i = 1; i < groups_left(); ++i) {
      if (nearest_[i].cost < nearest_[a].cost) a = i;
    }
    const std::size_t b = nearest_[a].group;
    const auto [kept, gone] = std::minmax(a, b);
    add(counts_[kept], counts_[gone]);
    bits_[kept] = entropy_bits(counts_[kept]);
    members_[kept].insert(members_[kept].end(), members_[gone].begin(), members_[gone].end());
    const std::size_t last = groups_left() - 1;
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
    for (std::size_t i = 0; i < groups_left(); ++i) {
      const std::size_t with = nearest_[i].group;
      if (i == kept || with == kept || with == gone) find_nearest(i);
      else if (with == last) nearest_[i].group = gone;
    }
  }

  void find_nearest(std::size_t i) {
    nearest_[i] = {};
    for (std::size_t j = 0; j < groups_left(); ++j) {
      if (j == i) continue;
      both_ = counts_[i];
      add(both_, counts_[j]);
      const double cost = entropy_bits(both_) - bits_[i] - bits_[j];
      if (cost < nearest_[i].cost) nearest_[i] = {j, cost};
    }
  }

  std::vector<SymbolCounts> counts_;
  std::vector<double> bits_;
  std::vector<Group> members_;
  std::vector<Nearest> nearest_;
  SymbolCounts both_;  // of two groups that are compared; one vector, as there are very many pairs
};

// Each distribution that has counts by itself, ordered by its mean symbol: those that are alike stand near each other.
std::vector<Group> one_by_one(std::span<const SymbolCounts> distributions) {
  std::vector<std::pair<double, std::size_t>> by_mean;
  for (std::size_t i = 0; i < distributions.size(); ++i) {
    double seen = 0;
    double sum = 0;
    for (std::size_t symbol = 0; symbol < distributions[i].size(); ++symbol) {
      seen += distributions[i][symbol];
      sum += static_cast<double>(symbol) * distributions[i][symbol];
    }
    if (seen > 0) by_mean.emplace_back(sum / seen, i);
  }
  if (by_mean.empty()) by_mean.emplace_back(0, 0);
  std::ranges::sort(by_mean);
  std::vector<Group> groups;
  for (const auto& [mean, i] : by_mean) groups.push_back({i});
  return groups;
}

// Neighbourhood by neighbourhood, to about a quarter of the groups, or to about `least`. Always fewer come out, of more than that.
std::vector<Group> merge_neighbours(std::span<const SymbolCounts> distributions, std::vector<Group> groups,
                                    std::size_t least) {
  const std::size_t pieces = (groups.size() + kNeighbourhood - 1) / kNeighbourhood;
  const std::size_t wanted = std::max(groups.size() / kMergedAtOnce, least);
  std::vector<Group> merged;
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const auto at = [&](std::size_t end) { return static_cast<std::ptrdiff_t>(end * groups.size() / pieces); };
    std::vector<Group> here(groups.begin() + at(piece), groups.begin() + at(piece + 1));
    std::ranges::move(Merging(distributions, std::move(here)).merge_to(wanted / pieces), std::back_inserter(merged));
  }
  return merged;
}

// By distribution; those without counts are in the first group.
std::vector<std::size_t> group_numbers(std::size_t distributions, const std::vector<Group>& groups) {
  std::vector<std::size_t> group_of(distributions, 0);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const std::size_t member : groups[i]) group_of[member] = i;
  }
  return group_of;
}

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
  for (std::size_t i = 0; i < distributions.size(); ++i) add(sums[group_of[i]], distributions[i]);
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
    double least = bits_by(best);
    for (std::size_t group = 0; group < groups; ++group) {
      const double bits = bits_by(group);
      if (bits >= least) continue;
      least = bits;
      best = group;
    }
    moved = moved || best != group_of[i];
    group_of[i] = best;
  }
  return moved;
}

}  // namespace

SharedTables share_tables(std::span<const SymbolCounts> distributions, std::size_t tables, unsigned total_bits) {
  std::vector<Group> groups = one_by_one(distributions);
  while (groups.size() > std::max(kMostCompared, tables)) {
    groups = merge_neighbours(distributions, std::move(groups), tables);
  }
  groups = Merging(distributions, std::move(groups)).merge_to(tables);
  std::vector<std::size_t> group_of = group_numbers(distributions.size(), groups);
  for (int round = 0; round < kMostRounds; ++round) {
    if (!move_to_best(distributions, group_of, groups.size(), total_bits)) break;
  }
  SharedTables shared;
  for (const std::size_t group : group_of) shared.table_of.push_back(static_cast<std::uint8_t>(group));
  for (const SymbolCounts& sum : sums_by_group(distributions, group_of, groups.size())) {
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
