// Whether how long an ONNX model runs depends on the values that it is given, so that no measurement bounds it: it holds graphs within its
// graph (Loop, Scan, If), or an operator that makes as much as a value says (Range, Expand) or compares as many as it is given
// (NonMaxSuppression). Reads no more than the nodes; a file that is no ONNX is not. Pure.
#pragma once

#include "core/base/bytes.hpp"

namespace sluice::server {

bool is_open_ended(Bytes onnx);

}  // namespace sluice::server
