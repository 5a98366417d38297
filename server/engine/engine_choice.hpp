// The engine that an operator chose by name.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "server/engine/engine.hpp"

namespace sluice::server {

// `name`: "onnxruntime" or "xnnpack". `library`: ONNX Runtime's path, empty to look in the usual places.
// kEngineUnavailable, kInvalidArgument.
Result<std::unique_ptr<Engine>> choose_engine(const std::string& name, const std::string& library,
                                              int intra_op_threads);

}  // namespace sluice::server
