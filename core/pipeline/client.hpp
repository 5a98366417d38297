// The client's pipeline as a state machine without I/O: inputs, bytes and the time go in; events, bytes to send and the
// next deadline come out. Drivers (browser worker, WebSocket++, tests) own the socket, the inputs and the clock.
//
//   offer(input)   -> asks the questions; an input that is not answered there takes a route (route.hpp)
//   next_event()   -> what the driver must do or hand to the user; drain it after every call
//   next_message() -> bytes to send, in order; sent() when they have left
//   next_deadline(), tick(now) -> back-off, budgets, handshake time-out
//
// Every offered input ends in exactly one Answered or InputFailed event; where that says that it is audited, an AuditEnded follows, and
// until then its work goes on. The driver keeps an input's samples until the last of its events, since
// its payload is asked for only when it is really to be sent (RunWanted with Encode), which is when a slot in flight is free:
// an input that a newer one replaces (kNewestWins) is never encoded. It may be asked for again, under a new attempt, after a
// connection broke or the server was overloaded. What is submitted for an attempt that has ended is ignored.
// After CloseWanted the client has forgotten that connection: the driver closes it and reports nothing more about it.
// Not synchronised: one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/input/input.hpp"
#include "core/output/agreement.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/client_events.hpp"
#include "core/pipeline/client_options.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/promise_standing.hpp"
#include "core/pipeline/question.hpp"
#include "core/pipeline/route.hpp"
#include "core/promise/live_promise.hpp"

namespace sluice::pipeline {

class AnswerChooser;
class DecisionSink;
class Placer;
class PromiseJudge;
class RemoteRoute;

class Client {
 public:
  // Makes a further route; it is preferred to those of the client's own. `remote` is the one over the connection, for routes that
  // send something; nullptr where there is none. Both outlive what is made.
  using MakeRoute = std::function<std::unique_ptr<Route>(RouteHost&, RemoteRoute* remote)>;

  // `questions` in the order in which they are asked, of the manifest's or further ones; may be empty. `cost_clock` measures the
  // gate's cost and decides nothing; nullptr leaves Cost::gate zero. The manifest is copied. `local` makes the route of the model on this
  // device, where that may be taken, for drivers that run it in another way than whole (exit_route.hpp); empty: LocalRoute.
  Client(const Manifest& manifest, std::vector<std::unique_ptr<Question>> questions, const ClientOptions& options,
         Clock* cost_clock, const std::vector<MakeRoute>& further_routes = {}, const MakeRoute& local = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::span<const std::unique_ptr<Question>> questions() const;

  // Inputs are placed by it from now on, as ClientOptions::place_forms says of it; before start().
  void place_with(std::unique_ptr<Placer> placer);

  // Answers are chosen by it from now on, as ClientOptions::choose says of it; before start(). With `agreement`, by which the bundle's results
  // agree, answers that were to be had are held against the full model's wherever that answers; without it what compared() tells counts.
  void choose_with(std::unique_ptr<AnswerChooser> chooser, std::optional<output::Agreement> agreement);
  // An answer of this kind, expected to be wrong so often, was compared with the full model's.
  void compared(adapt::AnswerKind kind, float expected, bool wrong, Instant now);

  // The accuracy target is kept live from now on (core/promise/live_promise.hpp), as ClientOptions::promise says of it; before start(). `judge` tells
  // whether answers are the full model's; without it what known() and audit_known() tell counts. kInvalidArgument where this bundle's answers
  // cannot be promised about.
  Result<void> promise_with(std::optional<PromiseJudge> judge);
  // How the promise stands; nullopt: there is none, or the target is 1.
  std::optional<PromiseStanding> promise() const;
  // What the application knows of an answer that was given without the full model. kNotFound where the input is not among the last ones that
  // were, or this was told already; kInvalidArgument without a live promise.
  Result<void> feedback(InputId input, bool wrong, Instant now);
  // What it has learned and spent, as bytes (core/promise/promise_state.hpp); empty without one.
  std::string save_promise() const;
  // Goes on from there; before the first input, and after the accuracy target was set. kInvalidArgument says what is wrong with the bytes, and that
  // there is no live promise to restore.
  Result<void> restore_promise(Bytes state);
  // For replays: an answer that this place of the promise would give at this score was held against the full model's; an audit came to this.
  void known(std::size_t place, float score, bool wrong, Instant now);
  void audit_known(InputId input, AuditResult result, Instant now);

  void start(Instant now);  // wants a connection where there is a remote route
  void stop(Instant now);   // fails what is under way with kCancelled and closes

  // Asks the questions about an input. Errors mean that it was not taken: kInvalidInput, kInvalidImage, kTooManyInFlight,
  // kDisposed. `own`: an encoded form that the application has of it, which the driver submits where Encode::own asks for it.
  Result<InputId> offer(const input::InputView& input, Instant now, const OwnForm& own = {});
  void cancel(InputId input, Instant now);

  // Answers to RunWanted.
  void submit(AttemptId attempt, Product product, Duration took, Instant now);
  void fail(AttemptId attempt, Error error, Instant now);

  void connected(Instant now);
  void receive(Bytes message, Instant now);
  void disconnected(Error why, Instant now);

  std::optional<ClientEvent> next_event();
  // The next message to send, or nullptr. The bytes stay valid until the next call on this object.
  const std::string* next_message();
  // That many bytes of messages have left for the network since the last call. Until then they count as unsent, and no new payload
  // is asked for while more than max_unsent_bytes are.
  void sent(std::size_t bytes, Instant now);
  std::size_t unsent_bytes() const;
  // What messages that next_message() has not handed out take.
  std::size_t held_bytes() const;
  Instant next_deadline() const;
  void tick(Instant now);

  // Shares the errors that the target allows among the questions (error_budget.hpp). Returns the accuracy that is kept.
  float set_accuracy_target(float target);
  // Records what the client is told from now on (decision_log.hpp); set it before start() for a log that can be replayed.
  // Borrowed; nullptr ends the record.
  void record_to(DecisionSink* sink);
  ConnectionState state() const;
  std::uint32_t in_flight() const;  // inputs with an attempt under way
  std::uint32_t waiting() const;
  std::optional<Duration> round_trip_time() const;  // of the last ping on this connection

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::pipeline
