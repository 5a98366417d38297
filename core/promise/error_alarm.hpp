// An alarm when more answers are wrong than the promise allows, with a stated rate of false ones: as long as every input, given what came
// before it, is wrong with a probability of at most 1 - target, or of what was expected of it where a controller knew that it spends more on this
// one (AuditedInput::expected), it goes off at most once in `inputs_between_false` inputs, in the mean. It bets on audits: with m the larger
// of the two, each factor 1 + g (found / q - m), with g fixed before the draw, then is at most 1 in the mean, and
// the sum of the products begun at each input so far grows by 1 an input at most (Shiryaev and Roberts; e-detectors: Shin, Ramdas and
// Rinaldo, 2022). So a change after a good start is found as quickly as one at once. Several g are mixed, since which serves best depends
// on how large the change is: for errors at p it is q (1 - (1 - target) / p).
// Plain numbers, nothing allocated. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/base/result.hpp"
#include "core/promise/audited_input.hpp"

namespace sluice::promise {

struct AlarmOptions {
  double target = 0.9;                    // [0, 1)
  double inputs_between_false = 100'000;  // at least 10
};

class ErrorAlarm {
 public:
  // kInvalidArgument names the option out of its range.
  static Result<ErrorAlarm> create(const AlarmOptions& options);

  // True when the alarm goes off at this input; it then begins anew. kInvalidArgument for one that is_valid() refuses.
  Result<bool> count(const AuditedInput& input);

  // How near it is, from 0 to 1: the logarithm of the bet over that at which it goes off.
  double nearness() const;
  std::uint64_t alarms() const { return alarms_; }
  void reset();

  // Its state for promise_state.hpp, to or from bytes.
  template <typename Archive>
  void archive(Archive& to) {
    for (double& sum : sums_) to.real(sum, 0, std::numeric_limits<double>::max());
    to.real(last_probability_, 0, 1);
    to.count(alarms_, std::uint64_t{1} << 53);
  }

 private:
  static constexpr std::array kStakes{0.05, 0.2, 0.5, 0.8};  // times q: g

  explicit ErrorAlarm(const AlarmOptions& options) : options_(options) {}

  AlarmOptions options_;
  std::array<double, kStakes.size()> sums_{};
  double last_probability_ = 0;  // q of the last answer that was not the full model's
  std::uint64_t alarms_ = 0;
};

}  // namespace sluice::promise
