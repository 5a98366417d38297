// The Open Inference Protocol's infer request (version 2): JSON, or JSON followed by raw tensors (the binary tensor
// extension, whose header length comes in Inference-Header-Content-Length). Read under limits on size, nesting and tensor
// bytes, so that hostile bodies cost no more than a small multiple of their own size.
// Source: kserve/open-inference-protocol and Triton's extension_binary_data.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/tensor/tensor.hpp"
#include "core/wire/messages.hpp"
#include "server/engine/engine.hpp"

namespace sluice::server {

struct InferLimits {
  std::size_t max_json_bytes = std::size_t{16} << 20;
  std::uint32_t max_json_depth = 16;
  std::size_t max_tensors = 64;
};

struct WantedOutput {
  std::string name;
  bool binary = false;
};

struct InferRequest {
  std::string id;
  std::vector<Tensor> owned;              // tensors that stood in the JSON
  std::vector<wire::NamedTensor> inputs;  // borrow `owned` or the body
  std::vector<WantedOutput> outputs;      // empty: all, in the form of `binary_output`
  bool binary_output = false;
  std::optional<Duration> timeout;  // Triton's request parameter, in microseconds
};

// `json_bytes`: the JSON's length when raw tensors follow. Views in the result borrow `body`. kInvalidArgument,
// kShapeMismatch, kTypeMismatch, kNotFound (an output that the model lacks), kOutOfMemory name the field.
Result<InferRequest> parse_infer_request(std::string_view body, std::optional<std::size_t> json_bytes,
                                         const LoadedModel& model, const InferLimits& limits);

}  // namespace sluice::server
