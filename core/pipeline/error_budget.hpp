// One error budget for all questions: the user's accuracy target allows a share of wrong answers, and what one question may
// spend of it another cannot. Each question is offered its share of the whole and what those before it left over, so that the
// sum never exceeds what is allowed (the errors of several questions add up at most: union bound) and as much as the
// calibrated points permit is used. Pure; allocates nothing.
#pragma once

#include <memory>
#include <span>

#include "core/pipeline/question.hpp"

namespace sluice::pipeline {

// `shares[i]` is question i's share of the budget, at least 0; they are taken relative to their sum, since a client may ask
// fewer questions than the bundle has. `spent[i]` receives what it may spend. Returns the accuracy that is kept: 1 - the sum.
float share_error_budget(std::span<const std::unique_ptr<Question>> questions, std::span<const float> shares,
                         float accuracy_target, std::span<float> spent);

}  // namespace sluice::pipeline
