#include "server/http/infer_exchange.hpp"

#include <exception>
#include <utility>

#include "server/inference/infer_reply.hpp"

namespace sluice::server {

WorkHandle make_infer_work(const ModelStore& store, std::size_t model, const InferLimits& limits, Instant deadline,
                           std::shared_ptr<InferExchange> exchange, std::function<void()> finished) {
  auto item = std::make_shared<WorkItem>();
  const auto& served = store[model];
  item->model = model;
  item->form = OutputForm::kRaw;
  item->deadline = deadline;
  item->request.encoding = wire::Encoding::kTensor;
  item->prepare = [exchange, &served, limits](WorkItem& work) -> Result<void> {
    auto parsed = parse_infer_request(exchange->body, exchange->json_bytes, *served.model, limits);
    if (!parsed) return fail(parsed.error());
    exchange->request = std::move(*parsed);
    work.request.tensors = exchange->request.inputs;
    if (exchange->request.timeout) work.deadline = std::min(work.deadline, work.admitted + *exchange->request.timeout);
    return {};
  };
  item->done = [exchange, &served, finished = std::move(finished)](WorkResult result) {
    try {
      exchange->reply = result.outputs ? infer_reply(served, exchange->request, *result.outputs)
                                       : error_reply(result.outputs.error());
      exchange->how = result.how;
      exchange->outcome = result.outputs ? Outcome::kOk : outcome_of(result.outputs.error().code);
    } catch (const std::exception& error) {
      exchange->reply = error_reply(Error{ErrorCode::kInternal, error.what()});
      exchange->outcome = Outcome::kError;
    }
    finished();
  };
  return item;
}

}  // namespace sluice::server
