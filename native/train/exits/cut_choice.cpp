#include "native/train/exits/cut_choice.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/filter/binomial.hpp"
#include "native/eval/exits/cut_measurement.hpp"
#include "native/eval/exits/exit_measurement.hpp"
#include "native/eval/exits/exit_thresholds.hpp"
#include "native/train/exits/cut_search.hpp"

namespace sluice::train::exits {
namespace {

eval::ExitProfile half_from(const eval::ExitProfile& all, std::size_t first) {
  std::vector<std::size_t> exits, inputs;
  for (std::size_t i = 0; i < all.exits.size(); ++i) exits.push_back(i);
  for (std::size_t i = first; i < all.inputs(); i += 2) inputs.push_back(i);
  return eval::select(all, exits, inputs);
}

// How many are answered otherwise than by the full model, the end being one more exit that is sure of all that come there.
std::uint64_t count_wrong(const eval::ExitProfile& profile, std::span<const float> thresholds) {
  std::uint64_t wrong = 0;
  for (std::size_t input = 0; input < profile.inputs(); ++input) {
    std::size_t exit = 0;
    while (exit < thresholds.size() && !(profile.exits[exit][input].confidence > thresholds[exit])) ++exit;
    wrong += profile.exits[exit][input].agrees ? 0 : 1;
  }
  return wrong;
}

// Each exit keeps the promise by itself; that all do together with the end, of which too few may be left to say so of it alone, is shown on
// the other half. Each of the two is given half of the error probability.
std::vector<float> calibrate_each(const Options& options, const eval::ExitProfile& choice,
                                  const eval::ExitProfile& calibration, double target) {
  const double level = (1 - options.confidence) / 2;
  eval::ExitProfile exits = calibration;
  exits.exits.pop_back();
  auto thresholds = eval::calibrate_exits(exits, exits, target, 1 - level, options.promise);
  const std::uint64_t wrong = count_wrong(choice, thresholds);
  if (filter::binomial_cdf(wrong, choice.inputs(), 1 - target) > level) return {};
  return thresholds;
}

// The walk along the path counts the end's errors with those of the exits. On the path itself the end is always open: it is right there, and
// an input comes to it that no exit is sure of.
std::vector<float> calibrate_whole(const Options& options, eval::ExitProfile choice,
                                   const eval::ExitProfile& calibration, double target) {
  for (eval::ExitAnswer& answer : choice.exits.back()) answer.agrees = true;
  for (auto& exit : choice.exits) exit.push_back({0, true, true});
  choice.exits.back().back().confidence = eval::kAlwaysSure;
  choice.full_right.push_back(1);
  auto thresholds = eval::calibrate_exits(choice, calibration, target, options.confidence, options.promise);
  if (thresholds.back() >= eval::kClosed) return {};  // not even with all exits closed
  thresholds.pop_back();
  return thresholds;
}

std::string describe_point(double target, const eval::ExitProfile& profile, std::vector<float> thresholds,
                           const CutTrial& trial) {
  thresholds.push_back(0);  // of the end
  eval::ExitCosts costs;    // shares are all that is looked at
  costs.stretches.assign(profile.exits.size() + 1, 0);
  costs.branches.assign(profile.exits.size(), 0);
  const eval::ExitReplay replayed = eval::replay(profile, costs, thresholds);
  double here = 0;
  for (std::size_t exit = 0; exit <= trial.place; ++exit) here += replayed.shares[exit];
  std::array<char, 160> line{};
  std::snprintf(
      line.data(), line.size(),
      "target %.3g with the cut: agreement %.2f %%, right %.2f %%, %.1f %% answered on the device, %.1f bytes", target,
      100 * replayed.agreement, 100 * replayed.accuracy, 100 * here, (1 - here) * trial.bytes);
  return line.data();
}

}  // namespace

Result<void> add_cut(const Options& options, const eval::LabelledPictures& training,
                     const eval::LabelledPictures& kept_back, std::span<const double> targets,
                     std::span<const double> leave, bundle::Bundle& bundle, ProgressLog& log) {
  pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  auto teacher = eval::CutRunner::create(bundle, training);
  if (!teacher) return fail(teacher.error());
  auto runner = eval::CutRunner::create(bundle, kept_back);
  if (!runner) return fail(runner.error());
  const auto chosen = search_cut(options, spec, leave, *teacher, *runner, log);
  if (!chosen) return fail(chosen.error());
  const eval::CodedPlace coded{chosen->place, as_bytes(chosen->coding.section), chosen->coding.values};
  const auto measured =
      eval::measure_cut(bundle, coded, kept_back, true, 1, log.progress("measuring behind the cut, picture"));
  if (!measured) return fail(measured.error());
  const eval::ExitProfile choice = half_from(measured->profile, 0);
  const eval::ExitProfile calibration = half_from(measured->profile, 1);
  pipeline::ExitCutSpec cut{static_cast<std::uint32_t>(chosen->place), "cut", chosen->coding.values, {}};
  for (const double target : targets) {
    const auto thresholds = options.promise == eval::ExitPromise::kEachExit
                                ? calibrate_each(options, choice, calibration, target)
                                : calibrate_whole(options, choice, calibration, target);
    if (thresholds.empty()) continue;  // with what comes out behind the cut it is not kept
    pipeline::ExitPoint point{static_cast<float>(target), {}};
    for (std::size_t exit = 0; exit < spec.places.size(); ++exit) {
      point.thresholds.push_back(eval::from_profile(spec.rule, thresholds[exit], runner->model().classes()));
    }
    cut.points.push_back(std::move(point));
    log.line(describe_point(target, choice, thresholds, *chosen));
  }
  if (cut.points.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                {"behind a cut at '", spec.places[chosen->place].tensor, "' no target of ", targets.front(),
                 " or more can be promised; more kept-back pictures, or another --cut, may help"});
  }
  log.line("cut at '" + spec.places[chosen->place].tensor + "'");
  bundle.manifest.parts.push_back({"cut", "cut.coding", 0, ""});
  bundle.parts["cut"] = chosen->coding.section;
  spec.cut = std::move(cut);
  return {};
}

}  // namespace sluice::train::exits
