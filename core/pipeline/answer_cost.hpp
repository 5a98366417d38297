// What an answer cost, by what a unit of each costs. Pure function.
#pragma once

#include "core/adapt/choice/cost_weights.hpp"
#include "core/pipeline/answer.hpp"

namespace sluice::pipeline {

// Milliseconds of this device, kilobytes sent, and milliseconds of the server's work: decoding and the model, not waiting. Without the gate,
// which is asked before anything is chosen.
double cost_of(const Cost& cost, const adapt::CostWeights& weights);

}  // namespace sluice::pipeline
