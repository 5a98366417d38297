// One inference over HTTP on its way: the body and the parsed request that its tensors borrow, and the reply that is made of the
// result. Shared by the connection and the job; workers write it before the job is done, the connection reads it afterwards.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/byte_budget.hpp"
#include "server/dispatch/job.hpp"
#include "server/http/exchange.hpp"
#include "server/inference/infer_request.hpp"

namespace sluice::server {

struct InferExchange {
  std::string body;
  ByteBudget::Hold held;                  // what of it counts
  std::optional<std::size_t> json_bytes;  // Inference-Header-Content-Length
  InferRequest request;
  HttpReply reply;
};

// The job of one exchange. `sooner` is called on a worker with a deadline that the request sets itself and that is earlier than
// `deadline`. Where the job ends with an error, the reply is the caller's to make.
JobHandle make_infer_job(ServedLease served, std::shared_ptr<Principal> principal, const InferLimits& limits,
                         Instant deadline, std::shared_ptr<InferExchange> exchange,
                         std::function<void(Instant)> sooner);

}  // namespace sluice::server
