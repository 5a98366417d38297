// Which channels become the local ones, before joint training (the paper's Algorithm 1): each training sample marks its k
// most important channels, and the k marked most often are moved to the front, with their normalisation (the released
// code moves the last kernel alone, and in this variant indexes the samples by mistake). The code's other measure, the
// mean share, is here too, and for ablations any channels or the first ones.
#pragma once

#include "native/train/splitnet/extractor.hpp"
#include "native/train/splitnet/importance.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::train::splitnet {

// The new order of all channels: int64, [channels].
torch::Tensor choose_channels(Extractor& extractor, Importance& importance, const PictureSet& set,
                              std::int64_t local_channels, ChannelChoice choice, std::uint64_t seed);

}  // namespace sluice::train::splitnet
