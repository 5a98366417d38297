// Trains the full model that split inference is measured against, and that teaches it.
#pragma once

#include "core/base/result.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/full_network.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::train::splitnet {

// Leaves `full.checkpoint` and, at the end, `full.pt` in the work folder; goes on from the first when it was made of the
// same data and options.
Result<FullNetwork> train_full(const LabelledData& data, const Options& options, ProgressLog& log);

// What that depends on, for keys.
std::string full_key(const LabelledData& data, const Options& options);

}  // namespace sluice::train::splitnet
