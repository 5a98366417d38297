// The remote half's last answer, of use to the guesses about the pictures after it: on video the next picture is much like the one
// before, and what the server said of that is worth more than what the device half guesses of this. The older answer is put to the guess by
// the share that was learned for answers that are not old, as long as it is not older than it may be, in pictures' times.
// Only for pictures of one scene: whoever owns it says so. Plain state of one route.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.hpp"

namespace sluice::pipeline {

class StaleAnswer {
 public:
  // How much older the answer's picture may be; zero: nothing is remembered.
  explicit StaleAnswer(Duration most_age) : most_age_(most_age) {}

  bool wanted() const { return most_age_ > Duration::zero(); }
  Duration most_age() const { return most_age_; }

  // The remote half's own logits about a picture that was offered then, and the guess's share for the channels they are of. One about an
  // older picture than is remembered is left. `bytes`: of one that came too late for its own picture to be charged with them.
  void remember(std::span<const float> remote, float guess_share, Instant offered, std::size_t bytes = 0);
  // Whether a picture that is offered then has something put to its guess.
  bool helps(Instant offered) const;
  // Puts it to the guess about a picture that was offered then. By how much the answer's picture is older; nullopt: the guess is left.
  std::optional<Duration> put_to(std::span<float> guess, Instant offered) const;
  // Of the answer that is remembered, the first time that they are asked for.
  std::size_t take_bytes() { return std::exchange(bytes_, 0); }

 private:
  const Duration most_age_;
  std::vector<float> remote_;  // empty: none
  float guess_share_ = 1;
  Instant offered_;
  std::size_t bytes_ = 0;
};

// What an answer's reason says of it, whether a reason does, and by how many milliseconds the answer's picture was older.
std::string stale_reason(Duration age);
bool tells_of_stale(std::string_view reason);
std::optional<std::uint32_t> stale_ms_of(std::string_view reason);

}  // namespace sluice::pipeline
