#include "native/simulate/residency/azure_trace.hpp"

#include <algorithm>
#include <utility>

#include "native/simulate/residency/invocation_counts.hpp"
#include "native/simulate/residency/random_order.hpp"

namespace sluice::simulate {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;

std::uint64_t invocations(const std::vector<MinuteCount>& minutes) {
  std::uint64_t sum = 0;
  for (const auto& minute : minutes) sum += minute.count;
  return sum;
}

// The most invocations of a function that stays.
std::uint64_t most_invocations(const InvocationCounts& counts, double quantile) {
  std::vector<std::uint64_t> sums;
  for (const auto& minutes : counts) sums.push_back(invocations(minutes));
  if (sums.empty()) return 0;
  std::sort(sums.begin(), sums.end());
  return sums[static_cast<std::size_t>(quantile * static_cast<double>(sums.size() - 1))];
}

InvocationCounts chosen(InvocationCounts counts, const AzureOptions& options) {
  const std::uint64_t most = most_invocations(counts, options.popular_quantile);
  InvocationCounts kept;
  std::size_t number = 0;
  for (auto& minutes : counts) {
    const std::uint64_t sum = invocations(minutes);
    if (sum < 2 || sum > most) continue;
    const bool is_even = number++ % 2 == 0;
    if (options.part == TracePart::kAll || (options.part == TracePart::kEven) == is_even)
      kept.push_back(std::move(minutes));
  }
  return kept;
}

// Of each minute the models that are asked for, one for each time.
std::vector<std::vector<std::uint32_t>> by_minute(const InvocationCounts& counts) {
  std::vector<std::vector<std::uint32_t>> minutes;
  for (std::uint32_t model = 0; model < counts.size(); ++model) {
    for (const auto& [minute, count] : counts[model]) {
      if (minute >= minutes.size()) minutes.resize(minute + 1);
      minutes[minute].insert(minutes[minute].end(), count, model);
    }
  }
  return minutes;
}

}  // namespace

Result<RequestTrace> read_azure_trace(const std::filesystem::path& path, const AzureOptions& options) {
  auto counts = read_invocation_counts(path);
  if (!counts) return fail(counts.error());
  const InvocationCounts kept = chosen(std::move(*counts), options);
  RequestTrace trace{kept.size(), {}};
  std::uint64_t random = options.seed;
  auto minutes = by_minute(kept);
  for (std::size_t minute = 0; minute < minutes.size(); ++minute) {
    auto& models = minutes[minute];
    put_in_random_order(models, random);
    const auto count = static_cast<std::int64_t>(models.size());
    for (std::int64_t i = 0; i < count; ++i) {
      if (options.keep_share < 1 && next_unit(random) >= options.keep_share) continue;
      const std::int64_t at_us = static_cast<std::int64_t>(minute) * kMinuteUs + i * kMinuteUs / count;
      trace.requests.push_back({Instant(Duration(at_us)), models[static_cast<std::size_t>(i)]});
    }
  }
  if (trace.requests.empty()) {
    return fail(ErrorCode::kMalformedMedia, {path.string(),
                                             " leaves no requests: every function was called once, too often, or "
                                             "not by HTTP"});
  }
  return trace;
}

}  // namespace sluice::simulate
