// A bundle's full model with its early exits on this device, from the contents of both parts, and held against what the manifest says of
// it. Plain function; what it makes is used by one thread at a time.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/exit/staged_program.hpp"
#include "core/run/network.hpp"

namespace sluice::pipeline {

struct Manifest;

// The errors of exits::StagedModel::load(), StagedProgram::make() and output::check_fits(), with the section named. The parts are needed
// during the call only. Precondition: the manifest has exits.
Result<exits::StagedProgram> load_exits(const Manifest& manifest, Bytes model, Bytes branches,
                                        const run::Loading& loading);

}  // namespace sluice::pipeline
