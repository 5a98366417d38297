// The budgeted mode of early exits: which operating point the next input takes, so that the mean cost of the inputs comes to a
// named share of the model's. Points are levels, the cheapest first, the last one the whole model. A position among them moves by what
// each input spent beside the budget, and what is between two levels is dithered, so that the mean is met where any mix of levels meets
// it. What earlier inputs overspent is paid back by the next hundred. It begins at the cheapest level, and leaves that when there is
// something to spend: a mean that cannot be met costs what none does. Plain numbers: the same costs give the same levels again.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::exits {

class CostBudget {
 public:
  // `share`: the mean cost to come to, of the model's, in (0, 1]; with 1 it begins at the dearest level. There is at least one.
  CostBudget(double share, std::size_t levels);

  // Another set of levels: once it has begun it stays as far from the dearest as it was.
  void set_levels(std::size_t levels);

  // Of the next input, from 0 on.
  std::size_t next();
  // What that input cost, of the model's. One that next() was not asked for says nothing about the levels, and is paid back like others.
  void spent(double share);

 private:
  double dearest() const { return static_cast<double>(levels_ - 1); }
  double start() const { return share_ < 1 ? 0 : dearest(); }

  double share_;
  std::size_t levels_;
  double position_;
  bool asked_ = false;  // for the level of the input that runs
  double carry_ = 0;    // of the dither
  double debt_ = 0;     // spent beyond the budget by all inputs so far
  double inputs_ = 0;   // whose level was asked for
};

// Whether so many inputs of that mean cost were beyond the budget since the cheapest level is: by more than is overspent where it is not, until the
// position is found and by the scatter from input to input.
bool cheapest_costs_more(double mean, double share, std::uint64_t inputs);

}  // namespace sluice::exits
