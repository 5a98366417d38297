// Which of all the answers that can be had an input gets: none because nothing is there, an earlier one, the one of an early exit, of a model in
// two halves, of a server that gets the input small or whole, or of the full model here. Each comes with what it is expected to take, to
// cost and to get wrong; the cheapest is taken that keeps the deadline and that the promise allows, at the present prices of an error and of
// being late (error_price.hpp).
// Where none is in time, the soonest of those that the promise allows; where the promise allows none, the full model's answer: the sooner of the
// server's and the one here.
//
// A choice looks at each option once and allocates nothing; it says what else was considered. It may be asked again with what is left as an
// input goes on (behind a gate, behind an exit), at the same price. Pure function; numbers are not trusted: an option with times that are
// none, negative or infinite amounts, or an error outside of [0, 1] is considered, and not taken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "core/adapt/choice/answer_kind.hpp"
#include "core/adapt/choice/cost_weights.hpp"
#include "core/adapt/estimate/time_estimate.hpp"
#include "core/base/result.hpp"

namespace sluice::adapt {

inline constexpr std::size_t kMaxAnswers = 24;

struct AnswerOption {
  AnswerKind kind = AnswerKind::kSendWhole;
  std::uint32_t setting = 0;  // the caller's name for it: which exit, how many channels
  TimeEstimate time{};        // from now to the answer, queues included
  double bytes = 0;           // sent, expected
  double device_cost = 0;     // milliseconds of the device's processor, or millijoules: one unit for all
  double server_ms = 0;
  double error = 0;         // probability that it is not the full model's answer
  bool full_model = false;  // it is the full model's
};

struct ChoiceLimits {
  CostWeights weights{};
  std::optional<double> deadline_ms = std::nullopt;  // from now
  double late_at_most =
      0.05;  // an answer is in time when it is late no more often; by an ErrorPrice more, while few were
  double price_per_late = 0;
  double price_per_error = 0;
  double error_at_most = std::numeric_limits<double>::infinity();
};

struct ConsideredAnswer {
  AnswerKind kind = AnswerKind::kSendWhole;
  std::uint32_t setting = 0;
  TimeEstimate time;
  double bytes = 0;
  double cost = 0;
  double error = 0;
  double late = 0;  // probability
  bool full_model = false;
  bool usable = false;   // its numbers are
  bool in_time = false;  // late no more often than it may
  bool allowed = false;  // by the promise
};

struct Choice {
  std::size_t taken = 0;  // of `considered`
  std::size_t count = 0;
  bool guarded = false;  // the promise allowed no answer, so that this is the full model's where there is one
  double price_per_error = 0;
  double price_per_late = 0;
  double full_model_cost = 0;  // the least; where the full model is no option, of the dearest one
  std::array<ConsideredAnswer, kMaxAnswers> considered;

  const ConsideredAnswer& answer() const { return considered[taken]; }
  std::span<const ConsideredAnswer> all() const& { return std::span(considered).first(count); }
  std::span<const ConsideredAnswer> all() const&& = delete;  // it would outlive what it is of
};

// kInvalidArgument for no option, more than kMaxAnswers, none that is usable, or limits that are negative or not numbers. Where there is no
// full model to be guarded by, the option of the fewest errors is taken, in time where one is.
Result<Choice> choose(std::span<const AnswerOption> options, const ChoiceLimits& limits = {});

}  // namespace sluice::adapt
