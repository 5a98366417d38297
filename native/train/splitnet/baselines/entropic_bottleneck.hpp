// An entropic bottleneck in the manner of Entropic Student, with the encoder of Duan and Zhu's n0 class: a wide strided convolution
// and a 1x1 whose rounded outputs are priced by a learned entropy model, and the full model's own layers behind it. It is the split
// network without AgileNN's parts, no local channels, no guess in the answer, nothing cut, so the trainer of split networks makes it.
#pragma once

#include "native/train/splitnet/baselines/baseline_point.hpp"
#include "native/train/splitnet/baselines/picture_codec.hpp"

namespace sluice::train::splitnet::baselines {

// A point for each price on bytes, in the range coder's payloads.
Result<std::vector<BaselinePoint>> run_entropic_bottleneck(const Subject& subject);

}  // namespace sluice::train::splitnet::baselines
