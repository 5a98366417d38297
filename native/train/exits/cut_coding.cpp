#include "native/train/exits/cut_coding.hpp"

#include <algorithm>
#include <cmath>

#include "core/split/coding/symbol_model.hpp"
#include "core/split/coding/symbol_model_builder.hpp"

namespace sluice::train::exits {
namespace {

constexpr int kMostRounds = 100;
constexpr double kEnough = 1e-5;  // of the samples' range: values that move less than this stay

// Where the samples, which are sorted, are nearer to the next value.
std::size_t end_of(std::span<const float> sorted, float value, float next) {
  const float limit = value + (next - value) / 2;
  return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), limit) - sorted.begin());
}

}  // namespace

SortedSamples::SortedSamples(std::span<const float> samples)
    : sorted_(samples.begin(), samples.end()), sums_(samples.size() + 1) {
  std::ranges::sort(sorted_);
  for (std::size_t i = 0; i < sorted_.size(); ++i) sums_[i + 1] = sums_[i] + static_cast<double>(sorted_[i]);
}

std::vector<float> SortedSamples::lloyd_values(std::size_t count) const {
  // From equal steps: in equal parts most would begin, and stay, at the zeros that a ReLU leaves. The last thousandth may be far out.
  const auto low = static_cast<double>(sorted_.front());
  const auto high = static_cast<double>(sorted_[sorted_.size() - 1 - sorted_.size() / 1000]);
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double share = count == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(count - 1);
    values.push_back(static_cast<float>(low + share * (high - low)));
  }
  for (int round = 0; round < kMostRounds; ++round) {
    double moved = 0;
    std::size_t begin = 0;
    std::vector<float> next;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t end = i + 1 < values.size() ? end_of(sorted_, values[i], values[i + 1]) : sorted_.size();
      if (end > begin) {
        next.push_back(static_cast<float>((sums_[end] - sums_[begin]) / static_cast<double>(end - begin)));
        moved = std::max(moved, std::abs(static_cast<double>(next.back()) - static_cast<double>(values[i])));
      }
      begin = std::max(begin, end);
    }
    next.erase(std::ranges::unique(next).begin(), next.end());
    const bool same = next.size() == values.size();
    values = std::move(next);
    if (same && moved <= kEnough * (high - low)) break;
  }
  return values;
}

float nearest(std::span<const float> values, float number) {
  std::size_t i = 0;
  while (i + 1 < values.size() && number >= (values[i] + values[i + 1]) / 2) ++i;
  return values[i];
}

Result<CutCoding> learn_cut_coding(std::span<const float> tensors, const Shape& shape, std::vector<float> values) {
  if (values.size() < 2) {
    return fail(ErrorCode::kInvalidArgument, "the tensor there has one value for all pictures; cut elsewhere");
  }
  // The symbol 0 is what is nearest to nothing, since expectations of neighbours begin there.
  const auto zero = std::ranges::min_element(values, {}, [](float one) { return std::abs(one); }) - values.begin();
  std::vector<float> limits;
  for (std::size_t i = 1; i < values.size(); ++i) limits.push_back((values[i - 1] + values[i]) / 2);
  std::vector<std::int8_t> symbols;
  symbols.reserve(tensors.size());
  for (const float one : tensors) {
    const auto reached = std::ranges::upper_bound(limits, one) - limits.begin();
    symbols.push_back(static_cast<std::int8_t>(reached - zero));
  }
  const auto size = [&](std::size_t axis) { return static_cast<std::uint32_t>(shape[axis]); };
  const auto section = split::build_symbol_model({size(1), size(3), size(2), symbols});
  if (!section) return fail(section.error());
  split::SymbolModel model;
  if (split::read_symbol_model(*section, model) != split::ModelStatus::kOk) {
    return fail(ErrorCode::kInternal, "the coding section that was just learned cannot be read");
  }
  // It has symbols for what occurred: a value at either end that no sample is nearest to goes.
  const std::ptrdiff_t first = model.first_feature_value() + zero;
  values = {values.begin() + first, values.begin() + first + model.feature_values()};
  return CutCoding{std::move(values), {section->begin(), section->end()}};
}

}  // namespace sluice::train::exits
