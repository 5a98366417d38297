#include "native/eval/split/split_promise.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "native/eval/append_format.hpp"
#include "native/eval/split/split_points.hpp"

namespace sluice::eval {
namespace {

constexpr std::uint32_t kSeed = 20'260'101;

// What one cut does on some of the pictures.
struct CutSums {
  std::vector<std::uint64_t> agreed;  // by cut
  std::vector<double> bytes;
};

CutSums sums_of(const SplitMeasurement& measured, std::span<const std::uint32_t> of) {
  CutSums sums{std::vector<std::uint64_t>(measured.cuts.size()), std::vector<double>(measured.cuts.size())};
  for (const std::uint32_t i : of) {
    const SplitRecord& record = measured.pictures[i];
    for (std::size_t cut = 0; cut < measured.cuts.size(); ++cut) {
      sums.agreed[cut] += record.combined[cut] == record.full ? 1 : 0;
      sums.bytes[cut] += record.bytes[cut];
    }
  }
  return sums;
}

}  // namespace

std::vector<PromiseAtTarget> resample_promise(const SplitMeasurement& measured, std::span<const double> targets,
                                              std::uint32_t draws) {
  std::vector<PromiseAtTarget> promises;
  for (const double target : targets) promises.push_back({target, draws});
  const std::size_t half = measured.pictures.size() / 2;
  if (half == 0) return promises;
  std::vector<std::uint32_t> order(measured.pictures.size());
  std::iota(order.begin(), order.end(), 0U);
  std::mt19937 random(kSeed);
  for (std::uint32_t draw = 0; draw < draws; ++draw) {
    for (std::size_t i = 0; i < half; ++i) std::swap(order[i], order[i + random() % (order.size() - i)]);
    const auto points = split_points(measured.cuts, sums_of(measured, std::span(order).first(half)).agreed, half);
    const CutSums others = sums_of(measured, std::span(order).subspan(half));
    const auto count = static_cast<double>(order.size() - half);
    for (PromiseAtTarget& one : promises) {
      const auto point = std::ranges::find_if(
          points, [&](const pipeline::SplitPoint& at) { return static_cast<double>(at.target) >= one.target; });
      if (point == points.end()) continue;
      const auto cut =
          static_cast<std::size_t>(std::ranges::find(measured.cuts, point->channels) - measured.cuts.begin());
      const double agreement = static_cast<double>(others.agreed[cut]) / count;
      ++one.promised;
      one.kept += agreement >= one.target ? 1 : 0;
      one.agreement += agreement;
      one.bytes += others.bytes[cut] / count;
    }
  }
  for (PromiseAtTarget& one : promises) {
    one.agreement /= std::max(1U, one.promised);
    one.bytes /= std::max(1U, one.promised);
  }
  return promises;
}

std::optional<double> kept_share_of(std::span<const PromiseAtTarget> promises) {
  PromiseAtTarget all;
  for (const PromiseAtTarget& one : promises) {
    all.promised += one.promised;
    all.kept += one.kept;
  }
  return all.kept_share();
}

std::string promise_table(std::span<const PromiseAtTarget> promises) {
  std::string text;
  if (promises.empty()) return text;
  append_format(text, "\nCalibrated anew on a random half of the pictures, %u times, and seen on the other half\n\n",
                promises.front().draws);
  append_format(text, "  %6s  %9s  %9s  %10s  %9s\n", "target", "promised", "kept", "agreement", "bytes");
  for (const PromiseAtTarget& one : promises) {
    append_format(text, "  %6g  %7.1f %%", one.target, 100.0 * one.promised / std::max(1U, one.draws));
    if (one.promised == 0) text += "  pictures go to the full model";
    else append_format(text, "  %7.1f %%  %8.2f %%  %9.1f", 100 * *one.kept_share(), 100 * one.agreement, one.bytes);
    text += '\n';
  }
  return text;
}

}  // namespace sluice::eval
