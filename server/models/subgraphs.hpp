// Whether an ONNX model holds graphs within its graph (Loop, Scan, If): then how long it runs depends on what it is given, so
// no measurement bounds it. Reads no more than the nodes; a file that is no ONNX has none. Pure.
#pragma once

#include "core/base/bytes.hpp"

namespace sluice::server {

bool has_subgraphs(Bytes onnx);

}  // namespace sluice::server
