// Trains a backbone from labels.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "native/train/exits/backbone.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::train::exits {

// Leaves `backbone-*.checkpoint` in the work folder and goes on from it when it was made of the same data and options.
Result<std::shared_ptr<BackboneImpl>> train_backbone(const splitnet::LabelledData& data, const Options& options,
                                                     ProgressLog& log);

}  // namespace sluice::train::exits
