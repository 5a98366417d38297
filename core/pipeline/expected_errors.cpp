#include "core/pipeline/expected_errors.hpp"

#include <algorithm>
#include <cmath>

#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {
namespace {

constexpr double kOfTheLatest = 0.02;  // in the mean of guesses
constexpr double kLeastUnsure = 0.01;

// Inputs between two points: errors and share of all inputs.
struct Block {
  double below = 0;
  double errors = 0;
  double share = 0;
  double rate() const { return share > 0 ? errors / share : 1; }
};

std::vector<Block> blocks_of(std::span<const OperatingPoint> points) {
  std::vector<Block> blocks;
  double errors = 0;
  double share = 0;
  for (auto point = points.rbegin(); point != points.rend(); ++point) {
    const double allowed = 1 - static_cast<double>(point->target);
    const double rate = static_cast<double>(point->filter_rate);
    blocks.push_back({static_cast<double>(point->threshold), allowed - errors, rate - share});
    errors = allowed;
    share = rate;
    while (blocks.size() > 1 && (blocks.back().share <= 0 || blocks.back().rate() < blocks[blocks.size() - 2].rate())) {
      const Block last = blocks.back();
      blocks.pop_back();
      Block& before = blocks.back();
      before = {std::max(before.below, last.below), before.errors + last.errors, before.share + last.share};
    }
  }
  return blocks;
}

}  // namespace

ScoreErrors::ScoreErrors(std::span<const OperatingPoint> points) {
  for (const Block& block : blocks_of(points)) {
    Band band{block.below, std::clamp(block.rate(), 0.0, 1.0), 0};
    if (bands_.empty() && block.below > 0) band.first_slope = 2 * band.error / block.below;
    bands_.push_back(band);
  }
  // What grows in the first band stays below the second one.
  if (bands_.size() > 1 && bands_[0].first_slope > 0) bands_[0].error = std::min(2 * bands_[0].error, bands_[1].error);
}

double ScoreErrors::at(float score) const {
  const auto value = static_cast<double>(score);
  if (!(value >= 0)) return 1;
  for (const Band& band : bands_) {
    if (value < band.below) return band.first_slope > 0 ? std::min(band.first_slope * value, band.error) : band.error;
  }
  return 1;
}

ExitErrors::ExitErrors(exits::ExitRule rule, std::span<const ExitPoint> points, std::size_t places)
    : rule_(rule), lines_(places) {
  for (const ExitPoint& point : points) {
    const double error = std::min(kAtThreshold * (1 - static_cast<double>(point.target)), 1.0);
    for (std::size_t place = 0; place < std::min(places, point.thresholds.size()); ++place) {
      const float threshold = point.thresholds[place];
      if (!exits::is_closed(rule, threshold)) lines_[place].push_back({unsure(threshold), error});
    }
  }
}

double ExitErrors::unsure(float confidence) const {
  const auto value = static_cast<double>(confidence);
  return rule_ == exits::ExitRule::kEntropy ? value : 1 - value;
}

double ExitErrors::at(std::size_t place, float confidence) const {
  const double lacks = unsure(confidence);
  if (place >= lines_.size() || !std::isfinite(lacks)) return 1;
  double error = rule_ == exits::ExitRule::kMaxProbability ? std::clamp(lacks, 0.0, 1.0) : 1;
  for (const Line& line : lines_[place]) {
    if (lacks > line.unsure || line.unsure <= 0) continue;
    error = std::min(error, line.error * std::max(lacks, 0.0) / line.unsure);
  }
  return error;
}

double GuessErrors::at(double mean_error, double confidence) const {
  if (!(confidence >= 0 && confidence <= 1) || !(mean_error >= 0)) return 1;
  return std::min(mean_error * (1 - confidence) / unsure_, 1.0);
}

void GuessErrors::saw(double confidence) {
  if (!(confidence >= 0 && confidence <= 1)) return;
  unsure_ = std::max(unsure_ + kOfTheLatest * (1 - confidence - unsure_), kLeastUnsure);
}

double largest_probability(std::span<const float> logits) {
  if (logits.empty()) return 0;
  const float largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float one : logits) sum += std::exp(static_cast<double>(one) - static_cast<double>(largest));
  return std::isfinite(sum) && sum > 0 ? 1 / sum : 0;
}

}  // namespace sluice::pipeline
