// Checks of what options of a command line are given, for CLI11's check() and transform(). CLI11's own Range lets "nan" pass, since
// nothing is greater or less than it, and reads "010" as eight. These say in a sentence what was given and what is allowed.
// Pure functions; what they return may be copied and used by any thread.
#pragma once

#include <CLI/Option.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice::arguments {

// Finite numbers: above `low` and below `high`; above `low` up to `high`; from `low` up to `high`.
CLI::Validator number_between(double low, double high);
CLI::Validator number_above(double low, double high);
CLI::Validator number_from(double low, double high);

// Decimal digits, from `low` up to `high`.
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);

// For transform(): one of these names, which becomes the number beside it; an enumeration's, for example.
CLI::Validator one_of(std::vector<std::pair<std::string, int>> names);

}  // namespace sluice::arguments
