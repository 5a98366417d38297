// What a server tries when it loads a bundle with a `batching` section, tried here: two inputs at once. Plain function.
#pragma once

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/run/program.hpp"

namespace sluice::cli {

// Runs the full model on one input of zeros and on two. kMalformedManifest says what is wrong with batching.axis: the input or an
// output that lacks the axis, what running two gave, or the output that has not as many along it.
Result<void> try_two_inputs(const pipeline::BatchSpec& batching, run::Program& model);

}  // namespace sluice::cli
