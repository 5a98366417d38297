// Inputs at a steady pace, answered by one system: a fixed one (an option, perhaps behind the gate at one of its targets), or the one choice of
// core/adapt/choice, with what a client can know: estimates from other pictures, the link from its own messages, the server's queue as
// answers told it. Every system sees the same inputs at the same times. Pure functions; deterministic but for what choices are measured
// to take.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "core/base/result.hpp"
#include "native/simulate/choice/answer_estimates.hpp"
#include "native/simulate/choice/choice_world.hpp"

namespace sluice::simulate {

struct ChoiceSetup {
  const AnswerTable* table = nullptr;
  const AnswerEstimates* estimates = nullptr;
  WorldSetup world;
  adapt::CostWeights weights;
  double target = 0.95;  // share of answers that are the full model's
  double deadline_ms = 150;
  double kept_in_time = 0.95;  // share of answers that are to be
  double gap_ms = 100;         // between inputs
  double check_share = 0.01;   // of the answers that the choice has compared with the full model's
  double ping_ms = 1000;       // a message at least so often, by which the choice knows its link
  std::size_t inputs = 10'000;
};

struct FixedAnswer {
  std::optional<std::size_t> gate_target;  // a place in gate_targets; nullopt: no gate
  std::size_t column = 0;                  // of the table
};

struct ChoiceOutcome {
  double cost = 0;                                  // mean of an input, in the weights' unit
  double wrong = 0;                                 // share of answers that are not the full model's
  double attainment = 0;                            // share of answers within the deadline
  Spent spent;                                      // means
  std::array<double, adapt::kAnswerKinds> kinds{};  // shares of the answers, by adapt::AnswerKind
  double guarded = 0;                               // share of choices
  double choice_us = 0;                             // mean of a call of adapt::choose, measured
};

// kInvalidArgument for a setup without inputs, pictures, frames or a network.
Result<ChoiceOutcome> simulate_fixed(const ChoiceSetup& setup, const FixedAnswer& fixed);
Result<ChoiceOutcome> simulate_choice(const ChoiceSetup& setup);

}  // namespace sluice::simulate
