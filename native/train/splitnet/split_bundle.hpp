// A trained network in two halves as a bundle: both halves and the full model as parts, and how many channels each accuracy target
// takes, measured with what ships, on the pictures that were kept back.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/classifier.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/options.hpp"
#include "native/train/splitnet/quantiser.hpp"
#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

// Writes it to options.out. `network` is the one in float32, `unit` its device half.
Result<void> write_split_bundle(const Options& options, const LabelledData& data, Classifier& full,
                                SplitNetwork& network, const std::vector<std::uint8_t>& unit, ProgressLog& log);

}  // namespace sluice::train::splitnet
