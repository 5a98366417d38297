// One accepted request on its way through the dispatcher: what an adapter (WebSocket, HTTP) puts in, and how it hears the end.
// Shared by the adapter and the dispatcher; what the dispatcher keeps in it is its own, under its lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/session.hpp"
#include "core/wire/messages.hpp"
#include "core/wire/traceparent.hpp"
#include "server/byte_budget.hpp"
#include "server/dispatch/principal.hpp"
#include "server/models/served_model.hpp"

namespace sluice::server {

struct Lane;
struct RunningBatch;

struct JobResult {
  Result<Outputs> outputs;
  pipeline::AnswerKind how = pipeline::AnswerKind::kRemote;
  wire::ServerCost cost;
  std::uint32_t channels = 0;          // of features, that it is the answer to; 0: to none
  std::optional<std::uint32_t> stage;  // of a model that is cut, behind which it left
  pipeline::VariantUsed variant;       // that answered; no name: the model itself
  std::uint32_t hops = 0;              // servers that passed the request on before it was answered
  std::uint32_t retry_after_ms = 0;    // with kOverloaded
};

struct Job {
  // --- the adapter's
  ServedLease served;
  std::shared_ptr<Principal> principal;
  wire::Request request;  // its views borrow `message`
  std::shared_ptr<const std::string> message;
  std::string parts;      // the payload that `request` borrows, where it came in more than one
  ByteBudget::Hold held;  // what of it counts
  OutputForm form = OutputForm::kDecoded;
  std::optional<wire::TraceContext> trace;  // where it is sampled
  Instant deadline = kNever;
  // On a worker, before anything else: fills `request`, and may move `deadline` to an earlier time, where reading what came is too
  // much work for the I/O thread. May be empty.
  std::function<Result<void>(Job&)> parse;
  // On a worker, with the result: what would be too much work for done(). May be empty.
  std::function<void(Job&, JobResult&)> finish;
  // On the I/O thread, once, unless the job was abandoned: whether anybody still wanted the result. Must not throw.
  std::function<bool(JobResult&)> done;

  // --- the dispatcher's
  // Loading: its model is not in memory. Forwarded: another server has it.
  enum class State : std::uint8_t { kLoading, kForwarded, kWaiting, kPreparing, kPrepared, kRunning, kEnded };
  State state = State::kWaiting;
  bool abandoned = false;
  bool counted = false;        // under one outcome
  bool goes_further = false;   // its model did not come: another server is asked before its result is handed out
  std::size_t form_index = 0;  // of `served`, which runs; the adapter may read it in done()
  ModelLease model;            // what runs, from when it is in memory until the job ends
  Instant admitted{};
  Duration expected{};  // what it is charged when it is taken
  Lane* lane = nullptr;
  RunningBatch* batch = nullptr;
  std::unique_ptr<PreparedInput> input;
  JobResult result;

  // What HTTP brings is read for the model's own tensors, and answered by them: no other server is asked for that.
  bool may_go_further() const { return parse == nullptr && form == OutputForm::kDecoded; }
  bool needs_preparation() const { return parse != nullptr || request.encoding != wire::Encoding::kTensor; }
};

}  // namespace sluice::server
