#include "core/pipeline/stale_answer.hpp"

#include "core/base/text.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::string_view kStale = "with the answer about a picture ";

}  // namespace

void StaleAnswer::remember(std::span<const float> remote, float guess_share, Instant offered) {
  if (!wanted() || (!remote_.empty() && offered < offered_)) return;
  remote_.assign(remote.begin(), remote.end());
  guess_share_ = guess_share;
  offered_ = offered;
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

}  // namespace sluice::pipeline
