#include "native/eval/exits/exit_profile.hpp"

#include <algorithm>
#include <numeric>

namespace sluice::eval {

ExitProfile select(const ExitProfile& from, std::span<const std::size_t> exits, std::span<const std::size_t> inputs) {
  ExitProfile selected;
  for (const std::size_t exit : exits) {
    auto& answers = selected.exits.emplace_back();
    for (const std::size_t input : inputs) answers.push_back(from.exits[exit][input]);
  }
  for (const std::size_t input : inputs) selected.full_right.push_back(from.full_right[input]);
  return selected;
}

ExitProfile select_exits(const ExitProfile& from, std::span<const std::size_t> exits) {
  ExitProfile selected;
  for (const std::size_t exit : exits) selected.exits.push_back(from.exits[exit]);
  selected.full_right = from.full_right;
  return selected;
}

std::uint64_t ExitCosts::model() const { return std::accumulate(stretches.begin(), stretches.end(), std::uint64_t{0}); }

std::uint64_t ExitCosts::all_branches() const {
  return std::accumulate(branches.begin(), branches.end(), std::uint64_t{0});
}

ExitCosts select_exits(const ExitCosts& from, std::span<const std::size_t> exits) {
  ExitCosts selected;
  std::size_t at = 0;
  std::uint64_t stretch = 0;
  for (const std::size_t exit : exits) {
    for (; at <= exit; ++at) stretch += from.stretches[at];
    selected.stretches.push_back(stretch);
    selected.branches.push_back(from.branches[exit]);
    stretch = 0;
  }
  for (; at < from.stretches.size(); ++at) stretch += from.stretches[at];
  selected.stretches.push_back(stretch);
  return selected;
}

ExitReplay replay(const ExitProfile& profile, const ExitCosts& costs, std::span<const float> thresholds) {
  const std::size_t exits = profile.exits.size();
  std::vector<std::uint64_t> taken(exits + 1), wrong(exits + 1);
  std::uint64_t right = 0;
  double spent = 0;
  for (std::size_t input = 0; input < profile.inputs(); ++input) {
    std::size_t exit = 0;
    for (; exit < exits; ++exit) {
      spent += static_cast<double>(costs.stretches[exit]);
      if (thresholds[exit] >= kClosed) continue;
      spent += static_cast<double>(costs.branches[exit]);
      if (profile.exits[exit][input].confidence > thresholds[exit]) break;
    }
    ++taken[exit];
    if (exit == exits) {
      spent += static_cast<double>(costs.stretches[exits]);
      right += profile.full_right[input];
    } else {
      wrong[exit] += profile.exits[exit][input].agrees ? 0 : 1;
      right += profile.exits[exit][input].right ? 1 : 0;
    }
  }
  const auto count = static_cast<double>(std::max<std::size_t>(profile.inputs(), 1));
  ExitReplay replayed;
  for (std::size_t exit = 0; exit <= exits; ++exit) {
    replayed.shares.push_back(static_cast<double>(taken[exit]) / count);
    replayed.errors.push_back(static_cast<double>(wrong[exit]) /
                              static_cast<double>(std::max<std::uint64_t>(taken[exit], 1)));
  }
  replayed.agreement = 1 - static_cast<double>(std::accumulate(wrong.begin(), wrong.end(), std::uint64_t{0})) / count;
  replayed.accuracy = static_cast<double>(right) / count;
  replayed.multiply_adds = spent / count;
  return replayed;
}

}  // namespace sluice::eval
