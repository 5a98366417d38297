// Which operators the models of this build may use: decided at link time, so that the gate-only module does not carry those
// that only full models need. operators_all.cpp and operators_gate.cpp are the two choices.
#pragma once

#include "core/model/kernel.hpp"

namespace sluice::c {

model::OperatorSet operators();

}  // namespace sluice::c
