// The second stage: both halves together, through the quantiser, under all the losses asked for.
#pragma once

#include <filesystem>

#include "native/train/splitnet/reference_trainer.hpp"
#include "native/train/splitnet/split_evaluation.hpp"
#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

struct TrainedSplit {
  SplitNetwork network{nullptr};
  SplitFigures figures;         // on kept-back pictures
  std::filesystem::path files;  // where it lies in the work folder, without an ending
};

// Starts from the reference's weights, its channels reordered so that the local ones come first. Leaves in the work folder a
// checkpoint, the order of the channels and, at the end, the network (`split-*.checkpoint`, `.order`, `.pt`).
Result<TrainedSplit> train_split(const LabelledData& data, const Options& options, Classifier& full,
                                 ReferenceNetwork& reference, ProgressLog& log);

// The numbers of channels that figures are given for: none, eighths, all.
std::vector<std::int64_t> usual_cuts(std::int64_t coded_channels);

}  // namespace sluice::train::splitnet
