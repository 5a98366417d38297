#include "native/eval/exits/exit_promise.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "native/eval/append_format.hpp"

namespace sluice::eval {
namespace {

constexpr std::uint32_t kPromiseSeed = 20'260'102;

// The inputs of one draw.
struct Draw {
  ExitProfile choice, calibration, others;
};

Draw draw_inputs(const ExitProfile& profile, std::span<const std::size_t> exits, std::span<const std::size_t> order) {
  const std::size_t quarter = order.size() / 4;
  return {select(profile, exits, order.first(quarter)), select(profile, exits, order.subspan(quarter, quarter)),
          select(profile, exits, order.subspan(2 * quarter))};
}

// What leaves at each exit, and of that what is wrong, summed over draws.
struct ExitSums {
  std::vector<double> left, wrong;

  void add(const ExitReplay& replayed) {
    left.resize(replayed.shares.size());
    wrong.resize(replayed.shares.size());
    for (std::size_t exit = 0; exit < left.size(); ++exit) {
      left[exit] += replayed.shares[exit];
      wrong[exit] += replayed.shares[exit] * replayed.errors[exit];
    }
  }
  double worst() const {
    double found = 0;
    for (std::size_t exit = 0; exit + 1 < left.size(); ++exit) {
      if (left[exit] > 0) found = std::max(found, wrong[exit] / left[exit]);
    }
    return found;
  }
};

bool opens_none(std::span<const float> thresholds) {
  return std::ranges::all_of(thresholds, [](float one) { return one >= kClosed; });
}

}  // namespace

std::vector<ExitPromiseAtTarget> resample_exit_promise(const ExitProfile& profile, const ExitCosts& costs,
                                                       std::span<const double> targets, double confidence,
                                                       std::uint32_t draws) {
  std::vector<ExitPromiseAtTarget> promises;
  for (const ExitPromise form : {ExitPromise::kEachExit, ExitPromise::kWhole}) {
    for (const double target : targets) {
      const bool too_few = too_few_to_calibrate(profile.inputs() / 4, profile.exits.size(), target, confidence);
      promises.push_back({form, target, draws, too_few});
    }
  }
  std::vector<std::size_t> exits(profile.exits.size()), order(profile.inputs());
  std::iota(exits.begin(), exits.end(), std::size_t{0});
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<ExitSums> sums(promises.size());
  std::mt19937 random(kPromiseSeed);
  for (std::uint32_t number = 0; number < draws; ++number) {
    for (std::size_t i = 0; i + 1 < order.size(); ++i) std::swap(order[i], order[i + random() % (order.size() - i)]);
    const Draw drawn = draw_inputs(profile, exits, order);
    for (std::size_t i = 0; i < promises.size(); ++i) {
      ExitPromiseAtTarget& one = promises[i];
      const auto thresholds = calibrate_exits(drawn.choice, drawn.calibration, one.target, confidence, one.promise);
      if (opens_none(thresholds)) continue;
      const ExitReplay replayed = replay(drawn.others, costs, thresholds);
      ++one.promised;
      one.kept += replayed.agreement >= one.target ? 1 : 0;
      one.agreement += replayed.agreement;
      one.multiply_adds += replayed.multiply_adds;
      sums[i].add(replayed);
    }
  }
  for (std::size_t i = 0; i < promises.size(); ++i) {
    promises[i].agreement /= std::max(1U, promises[i].promised);
    promises[i].multiply_adds /= std::max(1U, promises[i].promised);
    promises[i].worst_exit_error = sums[i].worst();
  }
  return promises;
}

std::optional<double> kept_share_of(std::span<const ExitPromiseAtTarget> promises, ExitPromise form) {
  ExitPromiseAtTarget all;
  for (const ExitPromiseAtTarget& one : promises) {
    if (one.promise != form) continue;
    all.draws += one.draws;
    all.promised += one.promised;
    all.kept += one.kept;
  }
  return 2 * all.promised < all.draws ? std::nullopt : all.kept_share();
}

std::string exit_promise_table(std::span<const ExitPromiseAtTarget> promises, double confidence,
                               double model_multiply_adds) {
  std::string text;
  if (promises.empty()) return text;
  append_format(text, "\nCalibrated anew on random pictures, %u times, with a confidence of %g, and seen on others\n\n",
                promises.front().draws, confidence);
  text += "  promise     target   promised       kept  agreement  worst exit right  multiply-adds\n";
  for (const ExitPromiseAtTarget& one : promises) {
    append_format(text, "  %-10s  %6g  %7.0f %%", one.promise == ExitPromise::kEachExit ? "each exit" : "whole",
                  one.target, 100.0 * one.promised / std::max(1U, one.draws));
    if (one.promised == 0) text += one.too_few ? "  too few pictures to calibrate anew" : "  the model runs whole";
    else
      append_format(text, "  %7.0f %%  %7.2f %%  %14.2f %%  %11.1f %%", 100 * *one.kept_share(), 100 * one.agreement,
                    100 * (1 - one.worst_exit_error), 100 * one.multiply_adds / model_multiply_adds);
    text += '\n';
  }
  return text;
}

}  // namespace sluice::eval
