// ONNX Runtime behind the Engine interface, through its C API. One session per model serves all its runners; spinning is
// off, since a spinning pool starves the threads beside it on a shared machine.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/base/result.hpp"
#include "server/engine/engine.hpp"

namespace sluice::server {

struct OnnxRuntimeOptions {
  int intra_op_threads = 1;  // of one run; runs of several workers come on top
};

// kEngineUnavailable when none of `library_paths` loads.
Result<std::unique_ptr<Engine>> make_onnxruntime_engine(std::span<const std::string> library_paths,
                                                        const OnnxRuntimeOptions& options);

}  // namespace sluice::server
