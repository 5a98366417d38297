// How a split network does on a set of pictures: accuracy against what its payload costs by its entropy model, for payloads
// cut after some number of channels. (Real coded bytes are measured where the coder is.)
#pragma once

#include <optional>
#include <vector>

#include "native/train/splitnet/importance_losses.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

struct SplitPoint {
  std::int64_t channels = 0;  // that arrive
  double bytes = 0;           // mean, by the entropy model
  double accuracy = 0;        // of the combined answer
};

struct SplitFigures {
  double local_accuracy = 0;
  double remote_accuracy = 0;  // by itself, with all channels
  std::vector<SplitPoint> points;
  std::optional<ImportanceFigures> importance;

  // On the line between the points beside it; with fewer bytes than any point has, the local guess.
  double accuracy_at(double bytes) const;
};

// `cuts`: the numbers of channels to measure at, ascending. `importance` may be nullptr.
SplitFigures evaluate_split(SplitNetwork& network, const PictureSet& set, const std::vector<std::int64_t>& cuts,
                            Importance* importance);

// One line for the log.
std::string describe(const SplitFigures& figures);

}  // namespace sluice::train::splitnet
