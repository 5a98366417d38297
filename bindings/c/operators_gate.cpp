#include "bindings/c/operators.hpp"

namespace sluice::c {

model::OperatorSet operators() { return model::gate_operators(); }

}  // namespace sluice::c
