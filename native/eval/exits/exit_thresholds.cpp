#include "native/eval/exits/exit_thresholds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/filter/binomial.hpp"

namespace sluice::eval {
namespace {

// Confidences crowd at 1: steps are equal in the logarithm of what is missing to it.
constexpr std::size_t kGridSize = 400;
constexpr double kStepsToTenth = 80;

float grid_value(std::size_t step) {
  return static_cast<float>(1 - std::pow(10.0, -static_cast<double>(step) / kStepsToTenth));
}

// Of inputs that leave at an exit where they are above each threshold of the grid.
struct Counts {
  std::array<std::uint32_t, kGridSize> taken{};
  std::array<std::uint32_t, kGridSize> wrong{};
};

Counts count(std::span<const ExitAnswer> answers, std::span<const std::size_t> inputs) {
  Counts counts;
  for (const std::size_t input : inputs) {
    const ExitAnswer& answer = answers[input];
    // The last step that is below the confidence.
    const double missing = std::max(1.0 - static_cast<double>(answer.confidence), 1e-12);
    auto step = static_cast<std::size_t>(
        std::clamp(std::floor(-std::log10(missing) * kStepsToTenth), 0.0, static_cast<double>(kGridSize - 1)));
    while (step > 0 && answer.confidence <= grid_value(step)) --step;
    while (step + 1 < kGridSize && answer.confidence > grid_value(step + 1)) ++step;
    if (answer.confidence <= grid_value(step)) continue;
    ++counts.taken[step];
    counts.wrong[step] += answer.agrees ? 0 : 1;
  }
  for (std::size_t step = kGridSize - 1; step > 0; --step) {
    counts.taken[step - 1] += counts.taken[step];
    counts.wrong[step - 1] += counts.wrong[step];
  }
  return counts;
}

std::vector<std::size_t> all_inputs(const ExitProfile& profile) {
  std::vector<std::size_t> inputs(profile.inputs());
  std::iota(inputs.begin(), inputs.end(), std::size_t{0});
  return inputs;
}

void drop_taken(std::vector<std::size_t>& inputs, std::span<const ExitAnswer> answers, float threshold) {
  std::erase_if(inputs, [&](std::size_t input) { return answers[input].confidence > threshold; });
}

// The lowest threshold of the walk from the strictest one that `holds(taken, wrong)` for all before it. The walk starts where
// `least` inputs are taken.
template <typename Holds>
float walk(const Counts& counts, std::uint32_t least, const Holds& holds) {
  float found = kClosed;
  for (std::size_t step = kGridSize; step-- > 0;) {
    if (counts.taken[step] < least) continue;
    if (!holds(counts.taken[step], counts.wrong[step])) break;
    found = grid_value(step);
  }
  return found;
}

// So few that even without an error among them nothing is shown.
std::uint32_t least_tested(double most_error, double level) {
  return static_cast<std::uint32_t>(std::ceil(std::log(level) / std::log1p(-most_error)));
}

std::vector<float> calibrate_each(const ExitProfile& profile, double target, double confidence) {
  const double level = (1 - confidence) / static_cast<double>(std::max<std::size_t>(profile.exits.size(), 1));
  std::vector<std::size_t> inputs = all_inputs(profile);
  std::vector<float> thresholds;
  for (const auto& answers : profile.exits) {
    thresholds.push_back(
        walk(count(answers, inputs), least_tested(1 - target, level), [&](std::uint32_t taken, std::uint32_t wrong) {
          return filter::binomial_cdf(wrong, taken, 1 - target) <= level;
        }));
    drop_taken(inputs, answers, thresholds.back());
  }
  return thresholds;
}

// Of the walk along the path: errors an exit may make, a tenth more each step.
constexpr double kFirstError = 2e-4;
constexpr double kErrorStep = 1.1;
constexpr double kLastError = 0.5;

std::vector<float> calibrate_whole(const ExitProfile& choice, const ExitProfile& calibration, double target,
                                   double confidence) {
  std::vector<float> found(choice.exits.size(), kClosed);
  for (double error = kFirstError; error < kLastError; error *= kErrorStep) {
    const std::vector<float> thresholds = error_thresholds(choice, error);
    std::uint64_t wrong = 0;
    for (std::size_t input = 0; input < calibration.inputs(); ++input) {
      for (std::size_t exit = 0; exit < thresholds.size(); ++exit) {
        const ExitAnswer& answer = calibration.exits[exit][input];
        if (!(answer.confidence > thresholds[exit])) continue;
        wrong += answer.agrees ? 0 : 1;
        break;
      }
    }
    if (filter::binomial_cdf(wrong, calibration.inputs(), 1 - target) > 1 - confidence) break;
    found = thresholds;
  }
  return found;
}

}  // namespace

std::vector<float> calibrate_exits(const ExitProfile& choice, const ExitProfile& calibration, double target,
                                   double confidence, ExitPromise promise) {
  return promise == ExitPromise::kEachExit ? calibrate_each(calibration, target, confidence)
                                           : calibrate_whole(choice, calibration, target, confidence);
}

std::vector<float> error_thresholds(const ExitProfile& profile, double most_error) {
  std::vector<std::size_t> inputs = all_inputs(profile);
  std::vector<float> thresholds;
  for (const auto& answers : profile.exits) {
    const Counts counts = count(answers, inputs);
    float lowest = kClosed;
    for (std::size_t step = 0; step < kGridSize; ++step) {
      if (counts.taken[step] == 0) break;
      if (counts.wrong[step] > most_error * counts.taken[step]) continue;
      lowest = grid_value(step);
      break;
    }
    thresholds.push_back(lowest);
    drop_taken(inputs, answers, lowest);
  }
  return thresholds;
}

std::vector<float> zero_overlap(const ExitProfile& profile) {
  std::vector<std::size_t> inputs = all_inputs(profile);
  std::vector<float> thresholds;
  for (const auto& answers : profile.exits) {
    float surest = 0;
    for (const std::size_t input : inputs) {
      if (!answers[input].agrees) surest = std::max(surest, answers[input].confidence);
    }
    thresholds.push_back(std::min(surest, kClosed));
    drop_taken(inputs, answers, thresholds.back());
  }
  return thresholds;
}

bool too_few_to_calibrate(std::size_t inputs, std::size_t exits, double target, double confidence) {
  return static_cast<double>(inputs) < static_cast<double>(exits) * std::log(1 - confidence) / std::log(target);
}

}  // namespace sluice::eval
