// What `sluice simulate selection` prints: tables for people, a picture, and one line of flat JSON. Pure functions.
#pragma once

#include <span>
#include <string>

#include "native/simulate/selection/published_table.hpp"
#include "native/simulate/selection/selection_runs.hpp"

namespace sluice::simulate {

std::string published_report(std::string_view title, std::span<const TableCheck> checks);
// Every policy under one condition.
std::string condition_report(const ConditionOutcome& condition);
// The shipped policy under each condition, and who dominates it.
std::string front_report(std::span<const ConditionOutcome> conditions);

// Every policy's means over the conditions of each SLA: a table, and bars as an SVG.
std::string policies_report(std::span<const ConditionOutcome> conditions);
std::string selection_plot(std::span<const ConditionOutcome> conditions);

// `table_max_error` (points) and `table_max_late_error`; of the conditions with an SLA of 250 ms the worst: `attainment_250`,
// `accuracy_250` (both where the condition with the least of each is named), and `off_front`, of all.
std::string selection_json(const TableError& error, std::span<const ConditionOutcome> conditions);

}  // namespace sluice::simulate
