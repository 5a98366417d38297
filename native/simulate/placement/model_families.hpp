// How well other families of models foresee the stages' times than the one that runs live: the accuracy reference of PieSlicer's model
// study. Ordinary least squares by size (the paper's choice); lasso, k nearest neighbours, a random forest and support vectors over size,
// pixels and their logarithms; and the online model of the core, all on the same split. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native/simulate/placement/measured_picture.hpp"

namespace sluice::simulate {

struct StageSample {
  double bytes = 0;
  double pixels = 0;
  double took_ms = 0;
};

struct FamilyError {
  std::string stage;
  // Mean absolute error over the actual time, of every fifth sample, fitted on the others.
  double line = 0;
  double lasso = 0;
  double neighbours = 0;
  double forest = 0;
  double vectors = 0;
  double online = 0;
};

// NaN where there are fewer than ten samples.
FamilyError compare_families(std::string stage, std::span<const StageSample> samples);
// Of shrinking, and of preparing what arrives.
std::vector<FamilyError> compare_families(std::span<const MeasuredPicture> pictures);

}  // namespace sluice::simulate
