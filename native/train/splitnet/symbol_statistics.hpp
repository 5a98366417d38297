// The symbols that a trained network sends, and the coding section learned from them, which device and server code them by.
// Symbols are numbered as in the quantiser's tables: whole numbers themselves, or the places of centroids in ascending order.
#pragma once

#include <cstdint>
#include <vector>

#include "core/split/coding/symbol_model_builder.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

struct SentSymbols {
  std::uint32_t channels = 0;
  std::uint32_t side = 0;
  std::vector<std::int8_t> values;  // picture after picture, each channel after channel and row after row

  split::FeatureSamples samples() const { return {channels, side, side, values}; }
};

// Of the first pictures of the set, at most `most`. The network is put into evaluation mode.
SentSymbols collect_symbols(SplitNetwork& network, const PictureSet& set, std::int64_t most);

// More pictures change the section's figures in the third place.
inline constexpr std::int64_t kPicturesForCoding = 10000;

// Failures are build_symbol_model()'s: a codebook of more than 128 levels does not fit in int8.
Result<std::vector<std::uint8_t>> learn_coding_section(SplitNetwork& network, const PictureSet& set,
                                                       const split::SymbolModelOptions& options = {});

}  // namespace sluice::train::splitnet
