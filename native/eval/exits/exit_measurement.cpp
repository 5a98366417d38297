#include "native/eval/exits/exit_measurement.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include "core/pipeline/exit_program.hpp"
#include "core/run/network.hpp"

namespace sluice::eval {
namespace {

// One bundle's program with the pictures it runs on. Used by one thread.
class ExitRunner {
 public:
  static Result<ExitRunner> create(const bundle::Bundle& bundle, const LabelledPictures& pictures) {
    auto program = pipeline::load_exits(bundle.manifest, bundle.part(bundle.manifest.model.part),
                                        bundle.part(bundle.manifest.exits->part), run::full_loading());
    if (!program) return fail(program.error());
    return ExitRunner(*std::move(program), bundle.manifest.exits->rule, pictures);
  }

  // All stages of a picture, each exit asked: the answers of the exits, of which `agrees` and `right` are still open, and the
  // class of each and of the model.
  struct Said {
    std::vector<float> confidences;
    std::vector<std::size_t> classes;  // the last one: the model's
  };
  Result<Said> ask_all(std::size_t picture) {
    Said said;
    for (std::uint32_t stage = 0; stage < program_.model().stages(); ++stage) {
      const bool last = stage + 1 == program_.model().stages();
      const auto outputs = run(picture, stage, !last);
      if (!outputs) return fail(outputs.error());
      said.classes.push_back(largest((*outputs)[exits::kLogitsOutput].tensor));
      if (!last) said.confidences.push_back((*outputs)[exits::kConfidenceOutput].tensor.as<float>()[0]);
    }
    return said;
  }

  const exits::StagedModel& model() const { return program_.model(); }

 private:
  ExitRunner(exits::StagedProgram program, exits::ExitRule rule, const LabelledPictures& pictures)
      : program_(std::move(program)), rule_(rule), pictures_(&pictures) {}

  Result<std::vector<output::OutputTensor>> run(std::size_t picture, std::uint32_t stage, bool with_exit) {
    const auto pixels = std::as_bytes(pictures_->picture(picture));
    const auto image = input::make_image(input::PixelFormat::kRgb8, pictures_->width, pictures_->height, pixels);
    if (!image) return fail(image.error());
    return program_.run(picture + 1, *image, stage, with_exit);
  }

  static std::size_t largest(const Tensor& logits) {
    const auto values = logits.as<float>();
    return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
  }

  exits::StagedProgram program_;
  exits::ExitRule rule_;
  const LabelledPictures* pictures_;
};

ExitCosts costs_of(const exits::StagedModel& model) {
  ExitCosts costs;
  for (std::size_t i = 0; i < model.stages(); ++i) costs.stretches.push_back(model.stage_cost(i));
  for (std::size_t i = 0; i + 1 < model.stages(); ++i) costs.branches.push_back(model.branch_cost(i));
  return costs;
}

}  // namespace

float to_profile(exits::ExitRule rule, float value, std::size_t classes) {
  if (rule != exits::ExitRule::kEntropy) return value;
  return std::clamp(1 - value / std::log(static_cast<float>(classes)), 0.0F, 1.0F);
}

float from_profile(exits::ExitRule rule, float value, std::size_t classes) {
  if (rule != exits::ExitRule::kEntropy) return value;
  return value >= kClosed ? exits::closed_threshold(rule) : (1 - value) * std::log(static_cast<float>(classes));
}

std::vector<float> to_profile(exits::ExitRule rule, std::span<const float> thresholds, std::size_t classes) {
  std::vector<float> turned;
  for (const float one : thresholds) turned.push_back(to_profile(rule, one, classes));
  return turned;
}

Result<ExitMeasurement> measure_exits(const bundle::Bundle& bundle, const LabelledPictures& pictures, bool labelled,
                                      std::uint32_t every, const SplitProgress& progress) {
  std::vector<ExitRunner> runners;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    auto runner = ExitRunner::create(bundle, pictures);
    if (!runner) return fail(runner.error());
    runners.push_back(*std::move(runner));
  }
  const std::size_t count = pictures.count_of_every(every);
  const pipeline::ExitsSpec& spec = *bundle.manifest.exits;
  const std::size_t exits = spec.places.size();
  ExitMeasurement measured;
  measured.classes = runners.front().model().classes();
  measured.profile.exits.assign(exits, std::vector<ExitAnswer>(count));
  measured.profile.full_right.assign(count, 0);
  const auto done = in_parallel(runners, count, progress, [&](ExitRunner& runner, std::size_t i) -> Result<void> {
    const auto said = runner.ask_all(i * every);
    if (!said) return fail(said.error());
    const std::size_t full = said->classes.back();
    const std::size_t label = labelled ? static_cast<std::size_t>(pictures.labels[i * every]) : full;
    for (std::size_t exit = 0; exit < exits; ++exit) {
      const std::size_t own = said->classes[exit];
      measured.profile.exits[exit][i] = {to_profile(spec.rule, said->confidences[exit], measured.classes), own == full,
                                         own == label};
    }
    measured.profile.full_right[i] = full == label ? 1 : 0;
    return {};
  });
  if (!done) return fail(done.error());
  measured.costs = costs_of(runners.front().model());
  return measured;
}

}  // namespace sluice::eval
