// The bundle's full model on this device, from the contents of its part, and held against everything that the manifest says of
// its inputs and results. Plain function; what it makes is used by one thread at a time.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/run/program.hpp"

namespace sluice::pipeline {

struct Manifest;

// The errors of run::Program::load() and output::check_fits(), with the part named. `onnx` is needed during the call only.
Result<run::Program> load_full_model(const Manifest& manifest, Bytes onnx, const run::Loading& loading);

}  // namespace sluice::pipeline
