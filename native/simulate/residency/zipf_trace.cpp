#include "native/simulate/residency/zipf_trace.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "native/simulate/residency/random_order.hpp"

namespace sluice::simulate {
namespace {

// Shares of the ranks up to each one, ending with 1.
std::vector<double> cumulative_shares(std::size_t models, double exponent) {
  std::vector<double> shares(models);
  double sum = 0;
  for (std::size_t rank = 0; rank < models; ++rank) {
    sum += std::pow(static_cast<double>(rank + 1), -exponent);
    shares[rank] = sum;
  }
  for (double& share : shares) share /= sum;
  shares.back() = 1;
  return shares;
}

void drift_on(std::vector<std::uint32_t>& by_rank, Drift drift, std::uint64_t& random) {
  if (drift == Drift::kPermute) return put_in_random_order(by_rank, random);
  const std::size_t step = std::max<std::size_t>(1, by_rank.size() / 50);
  std::rotate(by_rank.rbegin(), by_rank.rbegin() + static_cast<std::ptrdiff_t>(step), by_rank.rend());
}

}  // namespace

Result<RequestTrace> make_zipf_trace(const ZipfOptions& options) {
  if (options.models == 0) return fail(ErrorCode::kInvalidArgument, "a trace of no models; name one at least");
  if (!(options.requests_per_s > 0) || !std::isfinite(options.requests_per_s) || !std::isfinite(options.exponent)) {
    return fail(ErrorCode::kInvalidArgument,
                {"a trace of ", options.requests_per_s, " requests a second with an exponent of ", options.exponent,
                 " is none; both must be finite, the rate above zero"});
  }
  std::uint64_t random = options.seed;
  std::vector<std::uint32_t> by_rank(options.models);
  std::iota(by_rank.begin(), by_rank.end(), 0U);
  put_in_random_order(by_rank, random);
  const auto shares = cumulative_shares(options.models, options.exponent);
  RequestTrace trace{options.models, {}};
  trace.requests.reserve(options.requests);
  for (std::size_t i = 0; i < options.requests; ++i) {
    if (options.drift_every > 0 && i > 0 && i % options.drift_every == 0) drift_on(by_rank, options.drift, random);
    const auto rank = std::upper_bound(shares.begin(), shares.end() - 1, next_unit(random)) - shares.begin();
    const double at_us = static_cast<double>(i) / options.requests_per_s * 1e6;
    trace.requests.push_back(
        {Instant(Duration(static_cast<Duration::rep>(at_us))), by_rank[static_cast<std::size_t>(rank)]});
  }
  return trace;
}

}  // namespace sluice::simulate
