// A classifier with its exits as a bundle: the model as it is, the branches, and the thresholds for each accuracy target, calibrated
// with what ships on pictures that were kept back and chose nothing.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/exits/options.hpp"
#include "native/train/exits/place.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::train::exits {

struct MadeExits {
  std::string model;          // ONNX
  std::string branches;       // ONNX, exit_export.hpp
  std::vector<Place> places;  // of the exits, in their order
  input::ImageSpec input;
};

// Writes it to options.out. `validation`: of its pictures every second one chose the exits, from the first on; the others calibrate.
// kInvalidArgument where no exit keeps any target.
Result<void> write_exits_bundle(const Options& options, const splitnet::LabelledData& data, MadeExits made,
                                ProgressLog& log);

}  // namespace sluice::train::exits
