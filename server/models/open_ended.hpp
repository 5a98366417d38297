// Whether how long an ONNX model runs may depend on more than the shape of its input, so that no measurement bounds it: it defines
// functions, holds graphs within its graph (Loop, Scan, If), or an operator that is not known to follow its inputs' shapes alone (Range,
// Slice, NonMaxSuppression). Reads no more than the nodes; a file that cannot be read is. Pure.
#pragma once

#include "core/base/bytes.hpp"

namespace sluice::server {

bool is_open_ended(Bytes onnx);

}  // namespace sluice::server
