// Which branch each place gets and which places keep one (FlexDNN, SEC'20, III). Pure functions on what trained branches answered
// to pictures that taught nothing; thresholds are those at which `most_error` of what leaves is wrong.
//
// search_branches(): a place's branch starts over-parameterised; a layer, or half of the filters, is taken away again and again while
// the exit's rate does not fall by more than the tolerance. All the smaller branches were trained beside it.
//
// plan_insertion(): from exits at all places, the one with the smallest R_j = G_j / C_j is removed while it is not above 1, where
// C_j = (1 - cr_i) * CE_j is what exit j costs, G_j = (cr_j - cr_i) * CB_j what it saves up to the next exit k, cr the cumulative
// exit rates, profiled again after each removal: a removal changes its neighbours'.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "native/eval/exits/exit_profile.hpp"
#include "native/train/exits/exit_network.hpp"

namespace sluice::train::exits {

// The branches that may stand at one place, by their numbers in a profile: filters[0] is the largest.
struct PlaceVariants {
  std::vector<Filters> filters;
  std::vector<std::size_t> branches;
};

// Three layers of so many filters, fewer of them, half as many filters, none at all.
std::vector<Filters> branch_variants(std::int64_t filters);

struct SearchStep {
  std::size_t place = 0;
  Filters from, to;
  double rate_before = 0, rate_after = 0;
  bool taken = false;
};
struct Search {
  std::vector<std::size_t> branches;  // the one for each place
  std::vector<SearchStep> steps;
};
Search search_branches(const eval::ExitProfile& profile, std::span<const PlaceVariants> places, double most_error,
                       double tolerance);

struct InsertionStep {
  std::vector<std::size_t> exits;  // that were there
  std::vector<double> r;           // of each
  std::vector<double> cumulative;  // exit rates
  double multiply_adds = 0;        // mean of an input
  std::size_t removed = 0;         // its place among `exits`; their number: none was
};
struct Insertion {
  std::vector<std::size_t> exits;  // that stay, of all
  std::vector<InsertionStep> steps;
};
// `most_cost`: of the model, that all exits together may cost; while they cost more, the one with the smallest R goes, whatever its R.
Insertion plan_insertion(const eval::ExitProfile& profile, const eval::ExitCosts& costs, double most_error,
                         double most_cost = 1);

}  // namespace sluice::train::exits
