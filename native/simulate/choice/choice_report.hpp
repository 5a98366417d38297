// What `sluice simulate choice` prints and draws: tables for people, one line of flat JSON, an SVG. Pure functions.
#pragma once

#include <span>
#include <string>

#include "native/simulate/choice/choice_runs.hpp"

namespace sluice::simulate {

// The options as the table has them: cost and errors on the pictures that the choice does not know.
std::string answers_report(const AnswerTable& table);
// Each condition: the choice, the best single system, the best of all fixed ones.
std::string choice_report(std::span<const ChoiceCondition> conditions, const ChoicePlan& plan);
// One condition: every family's best.
std::string condition_families(const ChoiceCondition& condition);

// Over the conditions: `cost_over_best_single_worst`, `_mean` and where the worst is; the same of `best_fixed`, the gate before one system
// included; `promise_kept` and `deadline_kept`, shares of the conditions, the latter of those where any fixed system keeps both; `wrong_worst`,
// `none_possible`, `choice_us`. null where there is none.
std::string choice_json(std::span<const ChoiceCondition> conditions, const ChoicePlan& plan);

// A panel for what things cost, a bar for each family of fixed systems: its best setting over the choice.
std::string choice_plot(std::span<const ChoiceCondition> conditions);

}  // namespace sluice::simulate
