#include "native/train/exits/cut_choice.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <thread>

#include "core/filter/binomial.hpp"
#include "native/eval/exits/exit_measurement.hpp"
#include "native/eval/exits/exit_thresholds.hpp"
#include "native/eval/split/in_parallel.hpp"
#include "native/train/exits/cut_runner.hpp"

namespace sluice::train::exits {
namespace {

constexpr std::array<std::size_t, 4> kSymbols{4, 6, 8, 16};
constexpr std::size_t kMostTaughtValues = std::size_t{1} << 21;  // of a place, that the coding is learned from
constexpr std::size_t kMostTaught = 400;                         // pictures
constexpr std::size_t kMostTried = 1000;                         // pictures that choose a place
constexpr std::size_t kMostCoded = 200;                          // of those, whose bytes are counted
constexpr float kAlwaysSure =
    0.5F;  // of the model's end as an exit: above its threshold, whatever that is, unless it is closed

// A place with its coding, and what that costs.
struct Trial {
  std::size_t place = 0;
  CutCoding coding;
  double bytes = 0;  // mean
  double seconds = 0;
};

// Pictures that choose, and what the whole model says of each.
struct Tried {
  std::vector<std::size_t> pictures;
  std::vector<std::size_t> full;
};

std::size_t spread(std::size_t i, std::size_t of, std::size_t taken) { return i * of / taken; }

Result<Tried> answer_whole(CutRunner& runner, std::size_t kept_back) {
  Tried tried;
  const std::size_t choosing = (kept_back + 1) / 2;
  const std::size_t taken = std::min(choosing, kMostTried);
  for (std::size_t i = 0; i < taken; ++i) {
    tried.pictures.push_back(2 * spread(i, choosing, taken));
    const auto full = runner.class_of(tried.pictures.back());
    if (!full) return fail(full.error());
    tried.full.push_back(*full);
  }
  return tried;
}

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

// The share of the pictures whose answer stays what it is when each value is the nearest of these.
Result<double> agreement_of(CutRunner& runner, std::size_t place, std::span<const float> values, const Tried& tried) {
  std::size_t agree = 0;
  for (std::size_t i = 0; i < tried.pictures.size(); ++i) {
    const auto tensor = runner.tensor_at(place, tried.pictures[i]);
    if (!tensor) return fail(tensor.error());
    auto rounded = Tensor::copy_of(*tensor);
    if (!rounded) return fail(rounded.error());
    for (float& one : rounded->as<float>()) one = nearest(values, one);
    const auto said = runner.class_behind(place, rounded->view());
    if (!said) return fail(said.error());
    agree += *said == tried.full[i] ? 1 : 0;
  }
  return static_cast<double>(agree) / static_cast<double>(tried.pictures.size());
}

Result<double> mean_bytes(CutRunner& runner, const Trial& trial, const Tried& tried) {
  auto coder = split::FeatureCoder::create(as_bytes(trial.coding.section), trial.coding.values);
  if (!coder) return fail(coder.error());
  const std::size_t taken = std::min(tried.pictures.size(), kMostCoded);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < taken; ++i) {
    const auto tensor = runner.tensor_at(trial.place, tried.pictures[spread(i, tried.pictures.size(), taken)]);
    if (!tensor) return fail(tensor.error());
    const auto payload = coder->code(*tensor);
    if (!payload) return fail(payload.error());
    bytes += payload->size();
  }
  return static_cast<double>(bytes) / static_cast<double>(taken);
}

double device_cost(const sluice::exits::StagedModel& model, std::size_t place) {
  double cost = 0;
  for (std::size_t i = 0; i <= place; ++i) cost += static_cast<double>(model.stage_cost(i) + model.branch_cost(i));
  return cost;
}

// With the fewest symbols that leave enough agreement; nothing where none do.
Result<std::optional<Trial>> try_place(const Options& options, CutRunner& teacher, CutRunner& runner, std::size_t place,
                                       std::size_t taught, const Tried& tried, ProgressLog& log) {
  const std::string name = " at '" + runner.model().tensor(place).name + "'";
  const Shape shape = *Shape::make(runner.model().tensor(place).dims);
  if (shape.rank() != 4) {
    log.line("a tensor " + to_string(shape) + " is not coded" + name);
    return std::optional<Trial>();
  }
  const auto tensors = taught_tensors(teacher, place, taught);
  if (!tensors) return fail(tensors.error());
  std::array<char, 160> line{};
  for (const std::size_t symbols : kSymbols) {
    auto values = lloyd_values(*tensors, symbols);
    const auto agreement = agreement_of(runner, place, values, tried);
    if (!agreement) return fail(agreement.error());
    if (*agreement < options.cut_agreement) {
      std::snprintf(line.data(), line.size(), "%2zu symbols leave %6.2f %% of the answers", symbols, 100 * *agreement);
      log.line(line.data() + name);
      continue;
    }
    Trial trial;
    trial.place = place;
    auto coding = learn_cut_coding(*tensors, shape, std::move(values));
    if (!coding) return fail(coding.error());
    trial.coding = *std::move(coding);
    const auto bytes = mean_bytes(runner, trial, tried);
    if (!bytes) return fail(bytes.error());
    trial.bytes = *bytes;
    const double cost = device_cost(runner.model(), place);
    trial.seconds = cost / (options.cut_device_mmacs * 1e6) + 8 * trial.bytes / (options.cut_link_kbps * 1e3);
    std::snprintf(line.data(), line.size(),
                  "%2zu symbols leave %6.2f %% of the answers: %.0f bytes, %.1f %% of the model on the device, %.1f ms",
                  symbols, 100 * *agreement, trial.bytes, 100 * cost / static_cast<double>(runner.model().whole_cost()),
                  1e3 * trial.seconds);
    log.line(line.data() + name);
    return std::optional(std::move(trial));
  }
  return std::optional<Trial>();
}

Result<Trial> choose(const Options& options, const pipeline::ExitsSpec& spec, CutRunner& teacher, CutRunner& runner,
                     std::size_t taught, std::size_t kept_back, ProgressLog& log) {
  const bool all = options.cut == "auto";
  if (!all && std::ranges::find(spec.places, options.cut, &sluice::exits::ExitPlace::tensor) == spec.places.end()) {
    std::string places;
    for (const auto& place : spec.places) places += (places.empty() ? "'" : ", '") + place.tensor + "'";
    return fail(ErrorCode::kInvalidArgument,
                {"--cut is '", options.cut, "', where no exit stands; they stand at ", places});
  }
  const auto tried = answer_whole(runner, kept_back);
  if (!tried) return fail(tried.error());
  std::optional<Trial> best;
  for (std::size_t place = 0; place < spec.places.size(); ++place) {
    if (!all && spec.places[place].tensor != options.cut) continue;
    auto trial = try_place(options, teacher, runner, place, taught, *tried, log);
    if (!trial) return fail(trial.error());
    if (*trial && (!best || (*trial)->seconds < best->seconds)) best = std::move(*trial);
  }
  if (best) return *std::move(best);
  return fail(ErrorCode::kInvalidArgument,
              {"no coding of up to ", kSymbols.back(), " symbols leaves ", 100 * options.cut_agreement,
               " % of the answers as they are; ", "a lower --cut-agreement or another --cut may"});
}

// Every exit and, as one more, the model's end behind the cut.
Result<eval::ExitProfile> profile(const bundle::Bundle& bundle, const Trial& trial,
                                  const eval::LabelledPictures& pictures, ProgressLog& log) {
  std::vector<CutRunner> runners;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    auto runner = CutRunner::create(bundle, pictures);
    if (!runner) return fail(runner.error());
    if (auto cut = runner->cut(trial.place, trial.coding); !cut) return fail(cut.error());
    runners.push_back(*std::move(runner));
  }
  const sluice::exits::ExitRule rule = bundle.manifest.exits->rule;
  const std::size_t exits = runners.front().model().exits();
  eval::ExitProfile profile;
  profile.exits.assign(exits + 1, std::vector<eval::ExitAnswer>(pictures.size()));
  profile.full_right.assign(pictures.size(), 0);
  const auto done = eval::in_parallel(
      runners, pictures.size(), log.progress("measuring behind the cut, picture"),
      [&](CutRunner& runner, std::size_t i) -> Result<void> {
        const auto said = runner.ask(i);
        if (!said) return fail(said.error());
        const auto label = static_cast<std::size_t>(pictures.labels[i]);
        for (std::size_t exit = 0; exit <= exits; ++exit) {
          const std::size_t own = said->classes[exit];
          const float sure =
              exit == exits ? kAlwaysSure : eval::to_profile(rule, said->confidences[exit], runner.model().classes());
          profile.exits[exit][i] = {sure, own == said->full, own == label};
        }
        profile.full_right[i] = said->full == label ? 1 : 0;
        return {};
      });
  if (!done) return fail(done.error());
  return profile;
}

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
  choice.exits.back().back().confidence = kAlwaysSure;
  choice.full_right.push_back(1);
  auto thresholds = eval::calibrate_exits(choice, calibration, target, options.confidence, options.promise);
  if (thresholds.back() >= eval::kClosed) return {};  // not even with all exits closed
  thresholds.pop_back();
  return thresholds;
}

std::string describe_point(double target, const eval::ExitProfile& profile, std::vector<float> thresholds,
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
  const auto measured = profile(bundle, *chosen, kept_back, log);
  if (!measured) return fail(measured.error());
  const eval::ExitProfile choice = half_from(*measured, 0);
  const eval::ExitProfile calibration = half_from(*measured, 1);
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
