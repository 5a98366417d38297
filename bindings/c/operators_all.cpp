#include "bindings/c/operators.hpp"

namespace sluice::c {

model::OperatorSet operators() { return model::all_operators(); }

}  // namespace sluice::c
