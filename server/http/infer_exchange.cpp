#include "server/http/infer_exchange.hpp"

#include <utility>

#include "server/inference/infer_reply.hpp"

namespace sluice::server {

JobHandle make_infer_job(ServedLease served, std::shared_ptr<Principal> principal, const InferLimits& limits,
                         Instant deadline, std::shared_ptr<InferExchange> exchange,
                         std::function<void(Instant)> sooner) {
  auto job = std::make_shared<Job>();
  job->served = std::move(served);
  job->principal = std::move(principal);
  job->form = OutputForm::kRaw;
  job->deadline = deadline;
  job->request.encoding = wire::Encoding::kTensor;
  job->parse = [exchange, limits, sooner = std::move(sooner)](Job& self) -> Result<void> {
    auto parsed = parse_infer_request(exchange->body, exchange->json_bytes, self.model->model(), limits);
    if (!parsed) return fail(parsed.error());
    exchange->request = std::move(*parsed);
    self.request.tensors = exchange->request.inputs;
    if (const auto timeout = exchange->request.timeout; timeout && self.admitted + *timeout < self.deadline) {
      self.deadline = self.admitted + *timeout;
      sooner(self.deadline);
    }
    return {};
  };
  job->finish = [exchange](Job& self, JobResult& result) {
    if (result.outputs) exchange->reply = infer_reply(*self.served, exchange->request, *result.outputs);
  };
  return job;
}

}  // namespace sluice::server
