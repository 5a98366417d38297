// What `sluice inspect` says about one ONNX model. Reads bytes, returns text; allocates freely.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/model/model.hpp"

namespace sluice::cli {

struct OperatorUse {
  std::uint64_t count = 0;
  bool supported = false;    // by the full operator set, at the model's opset
  bool in_gate_set = false;  // by the small set of the gate-only module
  std::string nearest;       // of the full set, when unsupported
};

struct ModelInspection {
  std::int64_t opset = 0;
  std::size_t bytes = 0;
  std::vector<model::TensorInfo> inputs;
  std::vector<model::TensorInfo> outputs;
  std::map<std::string, OperatorUse> operators;              // by "Conv" or "domain.Op", as read
  std::map<std::string, std::uint64_t> optimized_operators;  // after the passes
  std::size_t nodes_read = 0;
  std::size_t nodes_run = 0;
  std::uint64_t parameters = 0;            // elements of constants, as read
  std::optional<model::ModelStats> stats;  // when the model loads; complete when it also ran
  bool ran = false;                        // once, on zeros
  std::optional<Error> load_error;         // why it cannot run here
};

// kMalformedModel and its like when the bytes cannot be read as a graph at all.
Result<ModelInspection> inspect_model(Bytes onnx);

std::string describe_model(const ModelInspection& inspection);

}  // namespace sluice::cli
