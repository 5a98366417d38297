#include "core/split/coding/class_limits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sluice::split {
namespace {

constexpr std::size_t kGrid = 96;            // parts of about as many symbols each that classes are put together from
constexpr double kBitsOfADistribution = 30;  // what a class has to save: its distribution is learned from samples, too

struct Part {
  std::int16_t first_expectation = 0;
  std::vector<std::uint32_t> counts;
};

std::vector<Part> cut_into_parts(std::span<ExpectedSymbol> symbols, std::uint32_t symbol_count) {
  std::sort(symbols.begin(), symbols.end(),
            [](const ExpectedSymbol& a, const ExpectedSymbol& b) { return a.expectation < b.expectation; });
  const std::size_t aim = symbols.size() / kGrid + 1;
  std::vector<Part> parts;
  std::size_t in_part = aim;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (in_part >= aim && (i == 0 || symbols[i].expectation != symbols[i - 1].expectation)) {
      parts.push_back({symbols[i].expectation, std::vector<std::uint32_t>(symbol_count)});
      in_part = 0;
    }
    ++parts.back().counts[symbols[i].symbol];
    ++in_part;
  }
  return parts;
}

}  // namespace

double entropy_bits(std::span<const std::uint32_t> counts) {
  double total = 0;
  double bits = 0;
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    total += count;
    bits -= count * std::log2(static_cast<double>(count));
  }
  return total > 0 ? bits + total * std::log2(total) : 0;
}

std::vector<std::int16_t> find_class_limits(std::span<ExpectedSymbol> symbols, std::uint32_t symbol_count,
                                            std::uint32_t classes) {
  const std::vector<Part> parts = cut_into_parts(symbols, symbol_count);
  const std::size_t count = parts.size();
  // bits[first][end]: of the parts from `first` to before `end` as one class.
  std::vector<std::vector<double>> bits(count, std::vector<double>(count + 1));
  for (std::size_t first = 0; first < count; ++first) {
    std::vector<std::uint32_t> sum(symbol_count);
    for (std::size_t end = first + 1; end <= count; ++end) {
      for (std::uint32_t s = 0; s < symbol_count; ++s) sum[s] += parts[end - 1].counts[s];
      bits[first][end] = entropy_bits(sum) + kBitsOfADistribution;
    }
  }
  // best[k][end]: of the parts before `end` in k + 1 classes; begin[k][end]: where the last of them begins.
  constexpr double kNever = std::numeric_limits<double>::infinity();
  std::vector<std::vector<double>> best(classes, std::vector<double>(count + 1, kNever));
  std::vector<std::vector<std::size_t>> begin(classes, std::vector<std::size_t>(count + 1, 0));
  for (std::size_t end = 1; end <= count; ++end) best[0][end] = bits[0][end];
  for (std::uint32_t k = 1; k < classes; ++k) {
    for (std::size_t end = k + 1; end <= count; ++end) {
      for (std::size_t first = k; first < end; ++first) {
        const double together = best[k - 1][first] + bits[first][end];
        if (together >= best[k][end]) continue;
        best[k][end] = together;
        begin[k][end] = first;
      }
    }
  }
  std::uint32_t chosen = 0;
  for (std::uint32_t k = 1; k < classes; ++k) {
    if (best[k][count] < best[chosen][count]) chosen = k;
  }
  std::vector<std::int16_t> limits;
  for (std::size_t end = count; chosen > 0; --chosen) {
    end = begin[chosen][end];
    limits.push_back(parts[end].first_expectation);
  }
  std::reverse(limits.begin(), limits.end());
  return limits;
}

}  // namespace sluice::split
