#include "core/pipeline/stale_answer.hpp"

#include <charconv>
#include <system_error>

#include "core/base/text.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::string_view kStale = "with the answer about a picture ";

}  // namespace

void StaleAnswer::remember(std::span<const float> remote, float guess_share, Instant offered, std::size_t bytes) {
  if (!wanted() || (!remote_.empty() && offered < offered_)) return;
  remote_.assign(remote.begin(), remote.end());
  guess_share_ = guess_share;
  offered_ = offered;
  bytes_ = bytes;
}

bool StaleAnswer::helps(Instant offered) const {
  return !remote_.empty() && offered >= offered_ && offered - offered_ <= most_age_;
}

std::optional<Duration> StaleAnswer::put_to(std::span<float> guess, Instant offered) const {
  if (!helps(offered) || guess.size() != remote_.size()) return std::nullopt;
  for (std::size_t i = 0; i < guess.size(); ++i) guess[i] = guess_share_ * guess[i] + (1 - guess_share_) * remote_[i];
  return offered - offered_;
}

std::string stale_reason(Duration age) {
  return join_text({kStale, std::chrono::duration_cast<std::chrono::milliseconds>(age).count(), " ms before"});
}

bool tells_of_stale(std::string_view reason) { return reason.find(kStale) != std::string_view::npos; }

std::optional<std::uint32_t> stale_ms_of(std::string_view reason) {
  const std::size_t at = reason.find(kStale);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view number = reason.substr(at + kStale.size());
  std::uint32_t ms = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), ms);
  return read.ec == std::errc() ? std::optional(ms) : std::nullopt;
}

}  // namespace sluice::pipeline
