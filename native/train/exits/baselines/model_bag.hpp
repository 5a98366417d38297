// A bag of models with switching, as FlexDNN (SEC'20, III) is held against: the smaller backbones and the backbone, of which one answers
// each input. `cascade`: the smallest that is sure by its threshold, those before it having run as well; what can be built. `oracle`:
// the smallest that is right, which nobody knows beforehand; an upper bound. Loading is what it takes where one model at a time is in
// memory. Pure functions beside the run.
#pragma once

#include "native/eval/exits/exit_profile.hpp"
#include "native/train/exits/baselines/subject.hpp"

namespace sluice::train::exits::baselines {

// A bag as a network with exits: each smaller model an exit, its cost the stretch before it, no branches.
struct ModelBag {
  eval::ExitProfile calibration, test;
  eval::ExitCosts costs;
  std::vector<double> load_ms;  // by model, the largest last
};

// Mean milliseconds of an input, in its order, that loading takes where the models before `last[i]` run one after the other
// (`alone`: only that one) and one is in memory at a time.
double mean_load_ms(std::span<const std::size_t> last, std::span<const double> load_ms, bool alone);

// By input, the model that answers: the first that is surer than its threshold.
std::vector<std::size_t> cascade_models(const eval::ExitProfile& profile, std::span<const float> thresholds);

// By input, the first that is right; the largest where none is.
std::vector<std::size_t> oracle_models(const eval::ExitProfile& profile);

Result<std::vector<ExitBaselinePoint>> run_model_bag(const Subject& subject);

}  // namespace sluice::train::exits::baselines
