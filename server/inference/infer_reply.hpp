// Answers of the Open Inference Protocol: infer results as JSON or with raw tensors behind it, and the metadata of the
// server and its models. Pure functions.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "server/http/exchange.hpp"
#include "server/inference/infer_request.hpp"
#include "server/models/model_registry.hpp"

namespace sluice::server {

// The outputs that `request` asks for, binary ones after the JSON with their sizes in it.
HttpReply infer_reply(const ServedModel& model, const InferRequest& request, const Outputs& outputs);

HttpReply server_metadata_reply();
// Of the repository extension: name, version, state and, where it is not served or a newer one is broken, the reason; with a memory
// budget also whether its model is in memory.
HttpReply repository_index_reply(const std::vector<ModelStatus>& rows);
HttpReply model_metadata_reply(const ServedModel& model, const Engine& engine);

}  // namespace sluice::server
