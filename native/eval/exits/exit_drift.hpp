// What becomes of a bundle's promise where inputs are not like those that calibrated it: the measured pictures made darker, flatter, noisy and
// blurred, with the thresholds that ship and with thresholds that were calibrated on such pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/exits/exit_measurement.hpp"

namespace sluice::eval {

enum class Drift : std::uint8_t {
  kNone,
  kDarker,   // half as bright
  kFlatter,  // half the contrast, about the middle
  kNoisy,    // normal noise of 12 of 255 on each channel of each pixel
  kBlurred,  // the mean of 3x3 pixels
};

std::string drift_name(Drift drift);

// The same each time.
LabelledPictures drifted(const LabelledPictures& pictures, Drift drift);

// On one half of the pictures, the same for both.
struct DriftRow {
  Drift drift = Drift::kNone;
  double model_right = 0;   // share of these pictures on which the model itself is right
  ExitReplay shipped;       // with the point of the bundle
  ExitReplay recalibrated;  // with thresholds from the other half, for the target as a whole
  bool too_few = false;     // pictures in that to promise anything
};

// `target`: one that a point of the bundle meets, which is the one that is taken. Each kind in its order.
Result<std::vector<DriftRow>> measure_drift(const bundle::Bundle& bundle, const LabelledPictures& pictures,
                                            bool labelled, double target, std::uint32_t every,
                                            const SplitProgress& progress);

std::string drift_table(const std::vector<DriftRow>& rows, double target, double model_multiply_adds);

}  // namespace sluice::eval
