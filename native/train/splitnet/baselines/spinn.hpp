// SPINN-style: the device runs the full model up to a cut, answers itself where an early exit there is sure enough, and sends what
// stands at the cut otherwise, in 8 bits a value, compressed (activation_coding.hpp). Beside the cuts always the arm that early
// activations have to beat: the picture's own pixels, compressed in the same way.
#pragma once

#include "native/train/splitnet/baselines/baseline_point.hpp"
#include "native/train/splitnet/baselines/picture_codec.hpp"

namespace sluice::train::splitnet::baselines {

// Points for each cut, each confidence from which the exit answers, each coder. Exits are trained each time: it takes a minute.
Result<std::vector<BaselinePoint>> run_spinn(const Subject& subject);

}  // namespace sluice::train::splitnet::baselines
