// What the answers of a run come to. Not synchronised.
#pragma once

#include <cstddef>

#include "native/simulate/choice/choice_simulation.hpp"

namespace sluice::simulate {

class AnswerTally {
 public:
  void add(adapt::AnswerKind kind, bool agrees, bool in_time) {
    ++answers_;
    wrong_ += agrees ? 0 : 1;
    in_time_ += in_time ? 1 : 0;
    kinds_[static_cast<std::size_t>(kind)] += 1;
  }

  ChoiceOutcome outcome(const Spent& spent, const adapt::CostWeights& weights) const {
    const double count = static_cast<double>(answers_);
    ChoiceOutcome outcome;
    outcome.spent = {spent.device_ms / count, spent.bytes / count, spent.server_ms / count};
    outcome.cost = cost_of(outcome.spent, weights);
    outcome.wrong = static_cast<double>(wrong_) / count;
    outcome.attainment = static_cast<double>(in_time_) / count;
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) outcome.kinds[kind] = kinds_[kind] / count;
    return outcome;
  }

 private:
  std::size_t answers_ = 0;
  std::size_t wrong_ = 0;
  std::size_t in_time_ = 0;
  std::array<double, adapt::kAnswerKinds> kinds_{};
};

}  // namespace sluice::simulate
