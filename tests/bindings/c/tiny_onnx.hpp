// ONNX models of a few nodes and the manifest that goes with them, whose answers can be worked out by hand.
#pragma once

#include <string>

namespace sluice::c::test {

// sigmoid(20 * (mean of all channels - 0.5)) of a [1, 3, side, side] picture in [0, 1].
std::string brightness_gate(int side);

// The mean of each channel, [1, 3].
std::string mean_colour(int side);

// A bundle of both: gate on 16 x 16, model on 32 x 32, threshold 0.5 at target 0.9 and 0.9 at target 0.8.
std::string bright_manifest();

}  // namespace sluice::c::test
