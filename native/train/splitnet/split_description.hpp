// What the two graphs of a split network leave unsaid, as JSON: which channels are sent, what symbols stand for and how likely
// they are, how the answers are combined, and what the network does on kept-back pictures.
#pragma once

#include <string>

#include "native/train/splitnet/options.hpp"
#include "native/train/splitnet/split_evaluation.hpp"
#include "native/train/splitnet/split_export.hpp"

namespace sluice::train::splitnet {

std::string describe_split(const Options& options, const Classifier& full, const ExportedSplit& exported,
                           const SymbolTables& tables, double full_accuracy, const SplitFigures& figures);

}  // namespace sluice::train::splitnet
