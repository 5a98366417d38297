#include "server/dispatch/batch_estimate.hpp"

#include <algorithm>
#include <bit>

namespace sluice::server {

namespace {

std::size_t size_class(std::uint32_t inputs) {
  return static_cast<std::size_t>(std::bit_width(std::max(inputs, 1U)) - 1);
}

}  // namespace

void BatchEstimate::record(std::uint32_t inputs, Duration took, Instant now) {
  Size& size = sizes_[std::min(size_class(inputs), kSizes - 1)];
  size.took.record(took / std::max(inputs, 1U), now);
  ++size.runs;
}

std::uint32_t BatchEstimate::choose(std::uint32_t waiting, std::uint32_t most) {
  const std::uint32_t room = std::max(1U, std::min(waiting, most));
  const std::size_t largest = std::min(size_class(room), kSizes - 1);
  ++choices_;
  std::size_t best = 0;
  for (std::size_t i = 1; i <= largest; ++i) {
    // A size is tried once the one below it is known.
    if (sizes_[i - 1].runs < kFirstTries) break;
    if (sizes_[i].runs < kFirstTries) return 1U << i;
    const auto each = static_cast<double>(sizes_[i].took.median().count());
    if (each <= kWorthwhile * static_cast<double>(sizes_[best].took.median().count())) best = i;
  }
  // Every size in turn, so that one that became worthwhile, or ceased to be, is found.
  if (choices_ % kTryEvery == 0) return 1U << (choices_ / kTryEvery % (largest + 1));
  // Up to the next power of two the same measurement speaks.
  const std::uint32_t within = best == 0 ? 1 : (2U << best) - 1;
  return std::min(room, within);
}

Duration BatchEstimate::high(std::uint32_t inputs, Instant now) const {
  const std::size_t wanted = std::min(size_class(inputs), kSizes - 1);
  for (std::size_t i = wanted + 1; i-- > 0;) {
    const Duration each = sizes_[i].took.high(now);
    if (each > Duration::zero()) return each * inputs;
  }
  return Duration::zero();
}

Duration BatchEstimate::median_each() const {
  const auto most =
      std::max_element(sizes_.begin(), sizes_.end(), [](const Size& a, const Size& b) { return a.runs < b.runs; });
  return most->took.median();
}

}  // namespace sluice::server
