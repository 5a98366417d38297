// What is proven of how many answers were wrong: an interval that holds at all times at once with a stated confidence, whatever the errors'
// order and however they depend on what came before, an adversary's included. Wide at first, useful after some thousand inputs.
//
// For a number c with c < -log(1 - q), let x solve (1 - q) + q exp(-x) = exp(-c). An error that is audited with probability q
// multiplies exp(c - x if audited, else c) into a product, whose mean stays 1: so with probability 1 - alpha it is never 1 / alpha, and
// c times all errors is below log(1 / alpha) plus the x of the audited ones. From below in the same way, with y for which
// (1 - q) + q exp(y) = exp(c). (`live-promise`: a supermartingale for each c, Ville's inequality.)
//
// Which c serves best depends on how much is audited and found, which nobody knows beforehand: kRates of them are mixed, which costs
// log(kRates) in all. Inputs whose q is too low for a c are taken by that c for wrong, one and all.
// Plain numbers, nothing allocated. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/result.hpp"
#include "core/promise/state_bytes.hpp"
#include "core/promise/audited_input.hpp"

namespace sluice::promise {

struct ErrorInterval {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

class ProvenErrors {
 public:
  static constexpr std::size_t kRates = 24;

  // `confidence`: of both ends together, above 0 and below 1. kInvalidArgument otherwise.
  static Result<ProvenErrors> create(double confidence = 0.95);

  // kInvalidArgument for one that is_valid() refuses; then nothing is counted.
  Result<void> count(const AuditedInput& input);

  // Of all that were counted.
  ErrorInterval errors() const;
  std::uint64_t inputs() const { return inputs_; }

  // Its state for promise_state.hpp, to or from bytes.
  template <typename Archive>
  void archive(Archive& to) {
    for (Rate& rate : rates_) {
      to.real(rate.from_above, 0, kMostCount);
      to.real(rate.from_below, 0, kMostCount);
      to.count(rate.given_up, std::uint64_t{1} << 53);
    }
    for (std::uint64_t* number : {&inputs_, &unaudited_, &found_}) to.count(*number, std::uint64_t{1} << 53);
  }

 private:
  // One c: what the audited errors weigh, from above and from below, and how many inputs it has to take for wrong.
  struct Rate {
    double c = 0;
    double least_probability = 0;
    double from_above = 0;
    double from_below = 0;
    std::uint64_t given_up = 0;
  };

  explicit ProvenErrors(double log_odds) : log_odds_(log_odds) {}
  bool may_be(std::uint64_t errors) const;
  bool may_be_so_few(std::uint64_t errors) const;

  double log_odds_;  // log(kRates / alpha)
  std::array<Rate, kRates> rates_{};
  std::uint64_t inputs_ = 0;
  std::uint64_t unaudited_ = 0;  // answered without the full model, and not known to be right
  std::uint64_t found_ = 0;
};

}  // namespace sluice::promise
