#include "native/train/exits/baselines/joint_exits.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "native/eval/exits/exit_thresholds.hpp"
#include "native/train/exits/baselines/exit_system.hpp"

namespace sluice::train::exits::baselines {
namespace {

using sluice::exits::ExitRule;

constexpr std::int64_t kMostFilters = 1024;
constexpr std::array kJointErrors{0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.035, 0.025, 0.015, 0.01, 0.005, 0.002, 0.001};

Failure refused(const std::string& text) {
  return fail(
      ErrorCode::kInvalidArgument,
      {"'", text, "' names no exit; write its place and filters as PLACE=32+32, or PLACE= without convolutions"});
}

}  // namespace

Result<NamedExit> parse_exit(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) return refused(text);
  NamedExit exit{text.substr(0, equals), {}};
  for (std::size_t at = equals + 1; at < text.size();) {
    std::int64_t filters = 0;
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data() + at, end, filters);
    if (error != std::errc() || filters < 1 || filters > kMostFilters) return refused(text);
    exit.filters.push_back(filters);
    at = static_cast<std::size_t>(after - text.data());
    if (at < text.size() && (text[at] != '+' || at + 1 == text.size())) return refused(text);
    ++at;
  }
  return exit;
}

Result<std::vector<ExitBaselinePoint>> run_joint_exits(const Subject& subject) {
  if (subject.options.joint_exits.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "flexdnn-joint takes the exits that were chosen: name them with --joint-exits");
  }
  std::vector<PlacedBranch> branches;
  for (const std::string& text : subject.options.joint_exits) {
    const auto exit = parse_exit(text);
    if (!exit) return fail(exit.error());
    const auto& places = subject.places.all;
    const auto found =
        std::find_if(places.begin(), places.end(), [&](const Place& place) { return place.tensor == exit->place; });
    if (found == places.end()) {
      return fail(ErrorCode::kInvalidArgument, {"'", exit->place, "' is no place of the backbone for an exit"});
    }
    branches.push_back({static_cast<std::size_t>(found - places.begin()),
                        make_separable_branch(*found, exit->filters, subject.data.classes)});
  }
  std::sort(branches.begin(), branches.end(),
            [](const PlacedBranch& a, const PlacedBranch& b) { return a.place < b.place; });
  ExitTraining training;
  training.name = "flexdnn-joint";
  training.joint = true;
  training.distillation = 0;
  training.descent = {.epochs = subject.epochs(8, 4), .peak_rate = 0.01};
  const auto system = train_system(subject, training, std::move(branches), ExitRule::kMaxProbability);
  if (!system) return fail(system.error());
  std::vector<Thresholds> candidates;
  for (const double error : kJointErrors) candidates.push_back(eval::error_thresholds(system->calibration, error));
  ExitBaselinePoint base = subject.point("flexdnn-joint", "joint");
  base.epochs = training.descent.epochs;
  return points_of(subject, *system, candidates, ExitRule::kMaxProbability, base);
}

}  // namespace sluice::train::exits::baselines
