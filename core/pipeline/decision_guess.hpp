// How sure the guess of a device half was, in a decision log, where answers are chosen by that: a line behind that of the half
// (decision_halves.hpp). The driver that runs the half writes it. Pure functions.
//   MICROSECONDS guess SURENESS      the guess's largest probability, in ten thousandths, as the choice goes by it
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/base/time.hpp"
#include "core/output/output_tensor.hpp"

namespace sluice::pipeline {

// The largest probability of these logits, in ten thousandths, at most 9999; 0 of none, or of ones that are not finite.
std::uint32_t guess_sureness(std::span<const float> logits);

// `outputs` as split_route.hpp has them.
std::string guess_line(Instant now, std::span<const output::OutputTensor> outputs);

// Makes a guess of that sureness of one that is all zeros. False: no guess of so many classes has it.
bool set_guess(std::span<float> logits, std::uint64_t sureness);

}  // namespace sluice::pipeline
