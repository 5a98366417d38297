// The budgeted mode of early exits: which operating point the next input takes, so that the mean cost of the inputs comes to a
// named share of the model's. Points are levels, the cheapest first, the last one the whole model. A position among them moves by what
// each input spent beside the budget, and what is between two levels is dithered, so that the mean is met where any mix of levels meets
// it. What earlier inputs overspent is paid back by the next hundred. Plain numbers: the same costs give the same levels again.
#pragma once

#include <cstddef>

namespace sluice::exits {

class CostBudget {
 public:
  // `share`: the mean cost to come to, of the model's, in (0, 1]. Begins at the dearest of the levels, of which there is at least one.
  CostBudget(double share, std::size_t levels);

  // Another set of levels: stays as far from the dearest as it was.
  void set_levels(std::size_t levels);

  // Of the next input, from 0 on.
  std::size_t next();
  // What that input cost, of the model's.
  void spent(double share);

 private:
  double dearest() const { return static_cast<double>(levels_ - 1); }

  double share_;
  std::size_t levels_;
  double position_;
  double carry_ = 0;  // of the dither
  double debt_ = 0;   // spent beyond the budget by all inputs so far
  double inputs_ = 0;
};

}  // namespace sluice::exits
