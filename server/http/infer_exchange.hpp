// One inference over HTTP while a worker has it: the body and the parsed request that its tensors borrow, and the reply
// that the worker makes of the result. Shared by the connection and the worker; the worker writes `reply` before it hands
// back, the connection reads it afterwards.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/http/exchange.hpp"
#include "server/inference/infer_request.hpp"
#include "server/work/worker_pool.hpp"

namespace sluice::server {

struct InferExchange {
  std::string body;
  std::optional<std::size_t> json_bytes;  // Inference-Header-Content-Length
  InferRequest request;
  HttpReply reply;
  Outcome outcome = Outcome::kError;
  pipeline::AnswerKind how = pipeline::AnswerKind::kRemote;  // where there is an answer
};

// The work of one exchange. `finished` is called on the worker once `reply` and `outcome` are there.
WorkHandle make_infer_work(const ModelStore& store, std::size_t model, const InferLimits& limits, Instant deadline,
                           std::shared_ptr<InferExchange> exchange, std::function<void()> finished);

}  // namespace sluice::server
