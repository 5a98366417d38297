#include "native/train/exits/cut_choice.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <optional>

#include "core/filter/binomial.hpp"
#include "native/eval/exits/exit_measurement.hpp"
#include "native/eval/exits/exit_thresholds.hpp"
#include "native/train/exits/cut_runner.hpp"

namespace sluice::train::exits {
namespace {

constexpr std::array<std::size_t, 4> kSymbols{4, 6, 8, 16};
constexpr std::size_t kMostTaughtValues = std::size_t{1} << 22;  // of a place, that the coding is learned from
constexpr std::size_t kMostTaught = 400;                         // pictures
constexpr std::size_t kMostTried = 1000;                         // pictures that choose a place
constexpr float kAlwaysSure =
    0.5F;  // of the model's end as an exit: above its threshold, whatever that is, unless it is closed

// A place with its coding, and what that costs.
struct Trial {
  std::size_t place = 0;
  CutCoding coding;
  double agreement = 0;
  double bytes = 0;         // mean
  double device_share = 0;  // of the model's multiply-adds, exits included
  double seconds = 0;
};

std::size_t spread(std::size_t i, std::size_t of, std::size_t taken) { return i * of / taken; }

// The tensors at a place, of as many pictures as are needed.
Result<std::vector<float>> taught_tensors(CutRunner& runner, std::size_t place, std::size_t pictures) {
  std::vector<float> all;
  const auto first = runner.tensor_at(place, 0);
  if (!first) return fail(first.error());
  const std::size_t values = first->as<float>().size();
  const std::size_t taken = std::clamp<std::size_t>(kMostTaughtValues / values, 1, std::min(pictures, kMostTaught));
  for (std::size_t i = 0; i < taken; ++i) {
    const auto tensor = runner.tensor_at(place, spread(i, pictures, taken));
    if (!tensor) return fail(tensor.error());
    all.insert(all.end(), tensor->as<float>().begin(), tensor->as<float>().end());
  }
  return all;
}

Result<void> measure(CutRunner& runner, std::size_t kept_back, Trial& trial) {
  if (auto cut = runner.cut(trial.place, trial.coding); !cut) return cut;
  const std::size_t choosing = (kept_back + 1) / 2;
  const std::size_t taken = std::min(choosing, kMostTried);
  std::size_t agree = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < taken; ++i) {
    const auto said = runner.ask(2 * spread(i, choosing, taken), false);
    if (!said) return fail(said.error());
    agree += said->classes.back() == said->full ? 1 : 0;
    bytes += said->bytes;
  }
  trial.agreement = static_cast<double>(agree) / static_cast<double>(taken);
  trial.bytes = static_cast<double>(bytes) / static_cast<double>(taken);
  return {};
}

double device_cost(const sluice::exits::StagedModel& model, std::size_t place) {
  double cost = 0;
  for (std::size_t i = 0; i <= place; ++i) cost += static_cast<double>(model.stage_cost(i) + model.branch_cost(i));
  return cost;
}

// With the fewest symbols that leave enough agreement; nothing where none do.
Result<std::optional<Trial>> try_place(const Options& options, CutRunner& teacher, CutRunner& runner, std::size_t place,
                                       std::size_t taught, std::size_t kept_back, ProgressLog& log) {
  const Shape shape = *Shape::make(runner.model().tensor(place).dims);
  if (shape.rank() != 4) return std::optional<Trial>();  // [1, channels, height, width] is what can be coded
  const auto tensors = taught_tensors(teacher, place, taught);
  if (!tensors) return fail(tensors.error());
  for (const std::size_t symbols : kSymbols) {
    Trial trial;
    trial.place = place;
    auto coding = learn_cut_coding(*tensors, shape, lloyd_values(*tensors, symbols));
    if (!coding) return fail(coding.error());
    trial.coding = *std::move(coding);
    if (auto measured = measure(runner, kept_back, trial); !measured) return fail(measured.error());
    const double cost = device_cost(runner.model(), place);
    trial.device_share = cost / static_cast<double>(runner.model().whole_cost());
    trial.seconds = cost / (options.cut_device_mmacs * 1e6) + 8 * trial.bytes / (options.cut_link_kbps * 1e3);
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(),
                  "%4zu symbols  %8.1f bytes  agreement %6.2f %%  device %5.1f %%  %7.2f ms  '", symbols, trial.bytes,
                  100 * trial.agreement, 100 * trial.device_share, 1e3 * trial.seconds);
    log.line(line.data() + runner.model().tensor(place).name + "'");
    if (trial.agreement >= options.cut_agreement) return std::optional(std::move(trial));
  }
  return std::optional<Trial>();
}

Result<Trial> choose(const Options& options, const pipeline::ExitsSpec& spec, CutRunner& teacher, CutRunner& runner,
                     std::size_t taught, std::size_t kept_back, ProgressLog& log) {
  std::optional<Trial> best;
  bool known = options.cut == "auto";
  log.line("cuts: what a device sends, and what it has run by then");
  for (std::size_t place = 0; place < spec.places.size(); ++place) {
    if (options.cut != "auto" && spec.places[place].tensor != options.cut) continue;
    known = true;
    auto tried = try_place(options, teacher, runner, place, taught, kept_back, log);
    if (!tried) return fail(tried.error());
    if (*tried && (!best || (*tried)->seconds < best->seconds)) best = std::move(*tried);
  }
  if (!known) {
    std::string places;
    for (const auto& place : spec.places) places += (places.empty() ? "'" : ", '") + place.tensor + "'";
    return fail(ErrorCode::kInvalidArgument,
                {"--cut is '", options.cut, "', where no exit stands; they stand at ", places});
  }
  if (!best) {
    return fail(ErrorCode::kInvalidArgument,
                {"no coding of up to ", kSymbols.back(), " symbols leaves ", 100 * options.cut_agreement,
                 " % of the answers as they are; ", "a lower --cut-agreement or another --cut may"});
  }
  return *std::move(best);
}

// Every exit and, as one more, the model's end behind the cut.
Result<eval::ExitProfile> profile(CutRunner& runner, const eval::LabelledPictures& pictures,
                                  sluice::exits::ExitRule rule, ProgressLog& log) {
  eval::ExitProfile profile;
  const std::size_t exits = runner.model().exits();
  profile.exits.resize(exits + 1);
  const auto progress = log.progress("measuring behind the cut, picture");
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto said = runner.ask(i, true);
    if (!said) return fail(said.error());
    const auto label = static_cast<std::size_t>(pictures.labels[i]);
    for (std::size_t exit = 0; exit <= exits; ++exit) {
      const std::size_t own = said->classes[exit];
      const float sure =
          exit == exits ? kAlwaysSure : eval::to_profile(rule, said->confidences[exit], runner.model().classes());
      profile.exits[exit].push_back({sure, own == said->full, own == label});
    }
    profile.full_right.push_back(said->full == label ? 1 : 0);
    if ((i + 1) % 100 == 0) progress(i + 1, pictures.size());
  }
  return profile;
}

eval::ExitProfile every_second(const eval::ExitProfile& all, std::size_t first) {
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
  choice.exits.back().back().confidence = kAlwaysSure;
  choice.full_right.push_back(1);
  auto thresholds = eval::calibrate_exits(choice, calibration, target, options.confidence, options.promise);
  if (thresholds.back() >= eval::kClosed) return {};  // not even with all exits closed
  thresholds.pop_back();
  return thresholds;
}

std::string describe(double target, const eval::ExitProfile& profile, std::vector<float> thresholds,
                     const Trial& trial) {
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
                     const eval::LabelledPictures& kept_back, std::span<const double> targets, bundle::Bundle& bundle,
                     ProgressLog& log) {
  pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  auto teacher = CutRunner::create(bundle, training);
  if (!teacher) return fail(teacher.error());
  auto runner = CutRunner::create(bundle, kept_back);
  if (!runner) return fail(runner.error());
  const auto chosen = choose(options, spec, *teacher, *runner, training.size(), kept_back.size(), log);
  if (!chosen) return fail(chosen.error());
  if (auto cut = runner->cut(chosen->place, chosen->coding); !cut) return cut;
  const auto measured = profile(*runner, kept_back, spec.rule, log);
  if (!measured) return fail(measured.error());
  const eval::ExitProfile choice = every_second(*measured, 0);
  const eval::ExitProfile calibration = every_second(*measured, 1);
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
    log.line(describe(target, choice, thresholds, *chosen));
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
