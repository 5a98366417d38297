// Which of several variants of a model still answers in time: MDInference's rule, with the wait for a worker, for the way back and for a
// load in the estimate, and a second rule beside it that weighs being late against being right.
//
// kMostAccurateInBudget, as published: of the variants whose mean plus `deviations` deviations is below the budget the most accurate; none:
// the fastest, since an answer may come in time all the same. kExpectedAccuracy: the largest of P(in time) x accuracy + P(late) x
// `late_accuracy`, less what the run costs those who wait. Both look at each variant once and allocate nothing. Lists are the
// caller's. Numbers are not trusted: a variant with one that is not finite or negative is never taken. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/result.hpp"

namespace sluice::adapt {

struct Variant {
  double accuracy = 0;  // of any one scale
  double mean_ms = 0;   // of execution
  double deviation_ms = 0;
  double start_ms = 0;  // what it waits for alone: a load into memory, a batch; 0 where it is ready
};

// What is left, and what will take from it beside the execution. On arrival at a server: remaining = SLA - time since the client
// began; by the published rule return_ms is the time that the way here took.
struct Budget {
  double remaining_ms = 0;
  double return_ms = 0;
  double return_deviation_ms = 0;
  double queue_ms = 0;
  double queue_deviation_ms = 0;
};

enum class SelectionRule : std::uint8_t { kMostAccurateInBudget, kExpectedAccuracy };

struct SelectionOptions {
  SelectionRule rule = SelectionRule::kMostAccurateInBudget;
  double deviations = 1;  // gamma
  bool only_own_deviation =
      false;                 // as published: of the execution alone, the way back and the queue taken to be certain
  double late_accuracy = 0;  // of what is answered with instead of a late answer
  double price_per_ms = 0;   // accuracy given up for a millisecond less on the worker (kExpectedAccuracy)
};

struct Selection {
  std::size_t variant = 0;
  bool in_budget = false;  // false: taken for its speed alone
  double done_ms = 0;      // expected, from now to the answer's arrival
  double done_deviation_ms = 0;
  double in_time = 0;               // probability
  std::size_t in_budget_count = 0;  // of all variants
};

// kInvalidArgument for no variant, none usable, or a budget that is not finite (negative ones are allowed: too late already).
Result<Selection> select_variant(std::span<const Variant> variants, const Budget& budget,
                                 const SelectionOptions& options = {});

// Whether a variant's numbers are usable.
bool is_usable(const Variant& variant);
// When and how surely a variant's answer is there.
Selection forecast(const Variant& variant, const Budget& budget, const SelectionOptions& options);

}  // namespace sluice::adapt
