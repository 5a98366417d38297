#include "native/train/exits/cut_search.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace sluice::train::exits {
namespace {

using eval::CutRunner;

constexpr std::array<std::size_t, 4> kSymbols{4, 6, 8, 16};
constexpr std::size_t kMostTaughtValues = std::size_t{1} << 21;  // of a place, that the coding is learned from
constexpr std::size_t kMostTaught = 400;                         // pictures
constexpr std::size_t kMostTried = 1000;                         // pictures that choose a place
constexpr std::size_t kMostCoded = 200;                          // of those, whose bytes are counted
constexpr std::size_t kMostHeldBytes = std::size_t{256} << 20;   // of tensors at a place

std::size_t spread(std::size_t i, std::size_t of, std::size_t taken) { return i * of / taken; }

// Pictures that choose, what the whole model says of each, and what it made of them at the place that was looked at last.
class TriedPictures {
 public:
  static Result<TriedPictures> create(CutRunner& runner) {
    TriedPictures tried;
    const std::size_t choosing = (runner.pictures() + 1) / 2;
    const std::size_t taken = std::min(choosing, kMostTried);
    for (std::size_t i = 0; i < taken; ++i) {
      tried.pictures_.push_back(2 * spread(i, choosing, taken));
      const auto full = runner.class_of(tried.pictures_.back());
      if (!full) return fail(full.error());
      tried.full_.push_back(*full);
    }
    return tried;
  }

  std::size_t size() const { return pictures_.size(); }
  std::size_t full(std::size_t i) const { return full_[i]; }

  // Places in their order.
  Result<void> run_to(CutRunner& runner, std::size_t place) {
    std::vector<Tensor> reached;
    for (std::size_t i = 0; i < size(); ++i) {
      const auto tensor = held_.empty() ? runner.tensor_at(place, pictures_[i])
                                        : runner.tensor_from(held_place_, held_[i].view(), place);
      if (!tensor) return fail(tensor.error());
      if (tensor->bytes.size() * size() > kMostHeldBytes) {
        held_.clear();
        return {};
      }
      auto copy = Tensor::copy_of(*tensor);
      if (!copy) return fail(copy.error());
      // One at a time, so that no two places' tensors are held at once.
      if (held_.empty()) reached.push_back(*std::move(copy));
      else held_[i] = *std::move(copy);
    }
    if (held_.empty()) held_ = std::move(reached);
    held_place_ = place;
    return {};
  }

  // At the place that they were run to; valid until the runner's next call.
  Result<TensorView> tensor(CutRunner& runner, std::size_t place, std::size_t i) const {
    if (held_.empty()) return runner.tensor_at(place, pictures_[i]);
    return held_[i].view();
  }

 private:
  std::vector<std::size_t> pictures_;
  std::vector<std::size_t> full_;
  std::vector<Tensor> held_;  // by picture; empty where they are too large
  std::size_t held_place_ = 0;
};

// The tensors at a place, of as many pictures as are needed.
Result<std::vector<float>> taught_tensors(CutRunner& runner, std::size_t place) {
  std::vector<float> all;
  const auto first = runner.tensor_at(place, 0);
  if (!first) return fail(first.error());
  const std::size_t values = first->as<float>().size();
  const std::size_t taken =
      std::clamp<std::size_t>(kMostTaughtValues / values, 1, std::min(runner.pictures(), kMostTaught));
  for (std::size_t i = 0; i < taken; ++i) {
    const auto tensor = runner.tensor_at(place, spread(i, runner.pictures(), taken));
    if (!tensor) return fail(tensor.error());
    all.insert(all.end(), tensor->as<float>().begin(), tensor->as<float>().end());
  }
  return all;
}

// How many answers stay what they are when each value is the nearest of these; of how many pictures, since the rest are not looked at once
// too many are lost.
struct Kept {
  std::size_t answers = 0;
  std::size_t pictures = 0;
};

Result<Kept> answers_kept(CutRunner& runner, std::size_t place, std::span<const float> values,
                          const TriedPictures& tried, double agreement) {
  const double wanted = agreement * static_cast<double>(tried.size());
  Kept kept;
  for (; kept.pictures < tried.size(); ++kept.pictures) {
    if (static_cast<double>(kept.answers + tried.size() - kept.pictures) < wanted) break;
    const auto tensor = tried.tensor(runner, place, kept.pictures);
    if (!tensor) return fail(tensor.error());
    auto rounded = Tensor::copy_of(*tensor);
    if (!rounded) return fail(rounded.error());
    for (float& one : rounded->as<float>()) one = nearest(values, one);
    const auto said = runner.class_behind(place, rounded->view());
    if (!said) return fail(said.error());
    kept.answers += *said == tried.full(kept.pictures) ? 1 : 0;
  }
  return kept;
}

Result<double> mean_bytes(CutRunner& runner, const CutTrial& trial, const TriedPictures& tried) {
  auto coder = split::FeatureCoder::create(as_bytes(trial.coding.section), trial.coding.values);
  if (!coder) return fail(coder.error());
  const std::size_t taken = std::min(tried.size(), kMostCoded);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < taken; ++i) {
    const auto tensor = tried.tensor(runner, trial.place, spread(i, tried.size(), taken));
    if (!tensor) return fail(tensor.error());
    const auto payload = coder->code(*tensor);
    if (!payload) return fail(payload.error());
    bytes += payload->size();
  }
  return static_cast<double>(bytes) / static_cast<double>(taken);
}

// What coding one value takes, in multiply-adds: 0.34 ms for 4,096 values, where 22 million of a VGG's first stages took 0.52 (one thread, natively).
constexpr double kCodingMultiplyAdds = 3500;

// What an input costs a device in the mean that runs the stages up to a place, where some leave on the way.
class DeviceCost {
 public:
  // `leave`: the share of all inputs, by exit.
  DeviceCost(const sluice::exits::StagedModel& model, std::span<const double> leave, std::size_t place) {
    for (std::size_t i = 0; i <= place; ++i) {
      multiply_adds_ += reach_behind_ * static_cast<double>(model.stage_cost(i) + model.branch_cost(i));
      if (i < leave.size()) reach_behind_ -= leave[i];
    }
    reach_behind_ = std::max(reach_behind_, 0.0);
  }

  double multiply_adds() const { return multiply_adds_; }
  double seconds(const Options& options) const { return multiply_adds_ / (options.cut_device_mmacs * 1e6); }
  double seconds_with(const Options& options, std::size_t values, double bytes) const {
    const double coding = kCodingMultiplyAdds * static_cast<double>(values) / (options.cut_device_mmacs * 1e6);
    return seconds(options) + reach_behind_ * (coding + 8 * bytes / (options.cut_link_kbps * 1e3));
  }

 private:
  double multiply_adds_ = 0;
  double reach_behind_ = 1;  // the place
};

// One place, with the fewest symbols that leave enough agreement; nothing where none do.
class PlaceTrial {
 public:
  PlaceTrial(const Options& options, CutRunner& runner, std::size_t place, const DeviceCost& cost,
             const TriedPictures& tried, ProgressLog& log)
      : options_(options),
        runner_(runner),
        place_(place),
        cost_(cost),
        tried_(tried),
        log_(log),
        name_(" at '" + runner.model().tensor(place).name + "'") {}

  Result<std::optional<CutTrial>> run(CutRunner& teacher) {
    const Shape shape = *Shape::make(runner_.model().tensor(place_).dims);
    if (shape.rank() != 4) {
      log_.line("a tensor " + to_string(shape) + " is not coded" + name_);
      return std::optional<CutTrial>();
    }
    const auto tensors = taught_tensors(teacher, place_);
    if (!tensors) return fail(tensors.error());
    const SortedSamples samples(*tensors);
    for (const std::size_t symbols : kSymbols) {
      auto values = samples.lloyd_values(symbols);
      const auto kept = answers_kept(runner_, place_, values, tried_, options_.cut_agreement);
      if (!kept) return fail(kept.error());
      if (static_cast<double>(kept->answers) < options_.cut_agreement * static_cast<double>(tried_.size())) {
        tell_too_few(symbols, *kept);
        continue;
      }
      CutTrial trial;
      trial.place = place_;
      auto coding = learn_cut_coding(*tensors, shape, std::move(values));
      if (!coding) {
        if (options_.cut != "auto" || coding.error().code != ErrorCode::kInvalidArgument) return fail(coding.error());
        log_.line(coding.error().message + name_);
        return std::optional<CutTrial>();
      }
      trial.coding = *std::move(coding);
      const auto bytes = mean_bytes(runner_, trial, tried_);
      if (!bytes) return fail(bytes.error());
      trial.bytes = *bytes;
      trial.seconds = cost_.seconds_with(options_, *shape.element_count(), trial.bytes);
      tell(symbols, *kept, trial);
      return std::optional(std::move(trial));
    }
    return std::optional<CutTrial>();
  }

 private:
  void tell_too_few(std::size_t symbols, const Kept& kept) {
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(), "%2zu symbols change %zu of the first %zu answers, too many", symbols,
                  kept.pictures - kept.answers, kept.pictures);
    log_.line(line.data() + name_);
  }

  void tell(std::size_t symbols, const Kept& kept, const CutTrial& trial) {
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(),
                  "%2zu symbols leave %6.2f %% of the answers: %.0f bytes, %.1f %% of the model on the device, %.1f ms",
                  symbols, 100 * static_cast<double>(kept.answers) / static_cast<double>(kept.pictures), trial.bytes,
                  100 * cost_.multiply_adds() / static_cast<double>(runner_.model().whole_cost()), 1e3 * trial.seconds);
    log_.line(line.data() + name_);
  }

  const Options& options_;
  CutRunner& runner_;
  const std::size_t place_;
  const DeviceCost cost_;
  const TriedPictures& tried_;
  ProgressLog& log_;
  const std::string name_;
};

Result<void> check_place(const Options& options, const pipeline::ExitsSpec& spec) {
  if (options.cut == "auto") return {};
  if (std::ranges::find(spec.places, options.cut, &sluice::exits::ExitPlace::tensor) != spec.places.end()) return {};
  std::string places;
  for (const auto& place : spec.places) places += (places.empty() ? "'" : ", '") + place.tensor + "'";
  return fail(ErrorCode::kInvalidArgument,
              {"--cut is '", options.cut, "', where no exit stands; they stand at ", places});
}

}  // namespace

Result<CutTrial> search_cut(const Options& options, const pipeline::ExitsSpec& spec, std::span<const double> leave,
                            eval::CutRunner& teacher, eval::CutRunner& runner, ProgressLog& log) {
  if (auto checked = check_place(options, spec); !checked) return fail(checked.error());
  auto tried = TriedPictures::create(runner);
  if (!tried) return fail(tried.error());
  std::optional<CutTrial> best;
  for (std::size_t place = 0; place < spec.places.size(); ++place) {
    if (options.cut != "auto" && spec.places[place].tensor != options.cut) continue;
    const DeviceCost cost(runner.model(), leave, place);
    if (best && cost.seconds(options) >= best->seconds) {
      log.line("from '" + spec.places[place].tensor + "' on a device takes longer without sending a byte");
      break;
    }
    if (auto ran = tried->run_to(runner, place); !ran) return fail(ran.error());
    auto trial = PlaceTrial(options, runner, place, cost, *tried, log).run(teacher);
    if (!trial) return fail(trial.error());
    if (*trial && (!best || (*trial)->seconds < best->seconds)) best = std::move(*trial);
  }
  if (best) return *std::move(best);
  return fail(ErrorCode::kInvalidArgument,
              {"no coding of up to ", kSymbols.back(), " symbols leaves ", 100 * options.cut_agreement,
               " % of the answers as they are; ", "a lower --cut-agreement or another --cut may"});
}

}  // namespace sluice::train::exits
