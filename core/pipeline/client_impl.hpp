// The inside of Client. client.cpp: the public face, time and the connection. client_inputs.cpp: an input is offered, takes a
// route and ends. What a route does is its own matter (remote_route.cpp, local_route.cpp). Not for use outside them.
#pragma once

#include "core/pipeline/client.hpp"
#include "core/pipeline/decision_log.hpp"
#include "core/pipeline/input_table.hpp"
#include "core/pipeline/link.hpp"
#include "core/pipeline/outbox.hpp"
#include "core/pipeline/remote_route.hpp"
#include "core/pipeline/ring_queue.hpp"

namespace sluice::pipeline {

// How many channels an answer of both halves came of, its last output; nullopt where it does not say, as one from behind a cut.
std::optional<std::int32_t> channels_of(std::span<const OutputTensor> outputs);

// What placing inputs adds to a client. Behind an interface, so that builds which never place leave it out (client_placing.cpp).
class Placing {
 public:
  virtual ~Placing() = default;
  // nullptr: the routes' order decides.
  virtual Route* place(const Input& input, Instant now) = 0;
  virtual bool makes_it(const Input& input, const Route& route, Instant now) const = 0;
  // Of the input's own attempt, before its route begins.
  virtual void begin(Input& input, Attempt& attempt, Instant now) = 0;
  virtual void plan_duplicate(Input& input, Instant now) = 0;
  virtual void begin_duplicates(Instant now) = 0;
  // An input's attempt came to nothing before it could be sent: whether the model here has begun in its place.
  virtual bool takes_over(Input& input, Instant now) = 0;
  virtual Instant next_duplicate() const = 0;
  // With that attempt, which may have ended before; `took` of what it made.
  virtual void driver_is_done(AttemptId attempt, std::optional<Duration> took) = 0;
  virtual void payload_made(const Attempt& attempt, const Product& product, Duration took) = 0;
  // Before the input is answered.
  virtual void close(Input& input, AnswerKind kind) = 0;

  // --- what choosing answers adds (client_choosing.cpp)
  virtual bool chooses() const { return false; }
  virtual void set_target(float) {}
  // A question would answer: it is held, and whether it is taken is chosen. The verdict then answers nothing.
  virtual void hold(const Input&, std::size_t, Verdict&) {}
  // After the questions: chooses, where an answer is held. True: it is taken, and the input has ended.
  virtual bool offered(Input&, Instant) { return false; }
  // Whether a held answer was chosen by the last place(); then the input has ended.
  virtual bool answers(const Input&) { return false; }
  virtual OnwardChoice half_way(Attempt&, const HalfWay&) { return {}; }
  // The answer's reason, of which the route's part is `why`; lives until the next call.
  virtual std::string_view reason(Input&, std::string_view why) { return why; }
  // Before what the input had is forgotten; `from_model`: the full model answered.
  virtual void learn(const Input&, const Answer&, [[maybe_unused]] bool from_model) {}
  virtual void forget(const Input&) {}
  // Between two calls of the driver: what was compared counts from now on.
  virtual void settle() {}
  virtual void compared(adapt::AnswerKind, [[maybe_unused]] float expected, [[maybe_unused]] bool wrong) {}
};

// What keeping the accuracy target live adds to a client (client_promising.cpp), behind an interface for the same reason.
class Promising {
 public:
  virtual ~Promising() = default;
  virtual void set_target(float target) = 0;
  // A question said this of the input. Whether its answer is taken is decided here; one that is not stays here, to be held against the
  // full model's, and the verdict then answers nothing.
  virtual void asked(const Input& input, std::size_t question, Verdict& verdict) = 0;
  // How likely an answer of the question at that score of its own is wrong.
  virtual float expected_error(std::size_t question, float own_score) const = 0;
  virtual float own_threshold(std::size_t question) const = 0;
  virtual OnwardChoice half_way(const Attempt& attempt, const HalfWay& there) = 0;
  // Before what the input had is forgotten; `from_model`: the full model answered. Says whether it is audited.
  virtual bool answered(const Input& input, const Answer& answer, bool from_model) = 0;
  virtual void forget(const Input& input) = 0;
  // Between two calls of the driver: what was compared counts from now on.
  virtual void settle() = 0;

  // --- audits: inputs that have their answer, with an attempt of the full model's to come (client_auditing.cpp)
  virtual void audit(std::unique_ptr<Input> input, Instant now) = 0;
  virtual Input* find_audit(InputId id) = 0;
  virtual Attempt* find_attempt(AttemptId id) = 0;
  virtual void audit_answered(Input& input, AnswerKind kind, std::vector<OutputTensor> outputs) = 0;
  virtual void audit_failed(Input& input) = 0;
  virtual bool audits_wait() const = 0;
  virtual Instant next_deadline() const = 0;
  virtual void expire_audits(Instant now) = 0;
  virtual void begin_audits(Instant now) = 0;  // where nobody's input waits, and there is room
  virtual void fail_audits() = 0;

  // --- from outside
  virtual void known(std::size_t place, float score, bool wrong) = 0;
  virtual void audit_known(InputId input, AuditResult result) = 0;
  virtual Result<void> feedback(InputId input, bool wrong) = 0;
  virtual std::optional<PromiseStanding> standing() const = 0;
  virtual std::string save() const = 0;
  virtual Result<void> restore(Bytes state) = 0;
};

struct Client::Impl final : RouteHost {
  class InputPlacing;
  class InputChoosing;
  class InputPromising;

  Impl(const Manifest& bundle, std::vector<std::unique_ptr<Question>> asked, const ClientOptions& chosen, Clock* clock,
       const std::vector<MakeRoute>& further_routes, const MakeRoute& local);

  // client.cpp
  void stop(Instant now);
  void tick(Instant now);
  Instant next_deadline() const;
  float set_accuracy_target(float target);
  void receive(Bytes bytes, Instant now);
  void submit(AttemptId id, Product product, Duration took, Instant now);
  void on_link(Instant now);  // after anything that may have ended the connection
  void go_on(Instant now);    // after anything that came, or time that passed

  // client_inputs.cpp
  Result<InputId> offer(const input::InputView& view, const OwnForm& own, Instant now);
  void cancel(InputId id, Instant now);
  void dispatch(Instant now);  // gives waiting inputs the room that there is
  Route* choose_route(const Input& input, Instant now);
  void begin(Input& input, Attempt& attempt, Route& route, Instant now);
  void expire(Instant now);
  void end_answered(Input& input, AnswerKind kind, std::vector<OutputTensor> outputs, std::string_view why = {});
  void end_kept(Input& input, std::string_view why);
  void end_failed(Input& input, Error error);
  void end_attempt(Attempt& attempt);
  void forget(Input& input);
  std::string reason_of(const Input& input, AnswerKind kind, const std::vector<OutputTensor>& outputs,
                        std::string_view why) const;
  Error expiry_error(const Input& input) const;
  // Of an input under way, or one that is audited.
  Input& input_with(const Attempt& attempt);

  // RouteHost
  AttemptInput input_of(const Attempt& attempt) override;
  void want(const Attempt& attempt, Work work) override;
  void answer(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor> outputs, std::string why) override;
  void keep(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor> outputs, std::string why) override;
  void fail(Attempt& attempt, Error error) override;
  void retry(Attempt& attempt, bool interrupted) override;
  Attempt* find_attempt(AttemptId id) override;
  OnwardChoice half_way(Attempt& attempt, const HalfWay& there) override;

  const ClientOptions options;
  const Manifest manifest;
  std::vector<std::unique_ptr<Question>> questions;
  std::vector<float> shares;  // of the error budget
  std::vector<float> spent;   // what each question may spend of it
  float last_target = 0;
  Clock* cost_clock;
  Instant now_of_call;
  RingQueue<ClientEvent> events;
  Outbox outbox;
  Link link;
  std::vector<std::unique_ptr<Route>> routes;  // in the order of preference
  RemoteRoute* remote = nullptr;               // of the routes; nullptr where none is remote
  std::unique_ptr<Placing> placing;            // nullptr: inputs are not placed
  std::unique_ptr<Promising> promising;        // nullptr: the target is kept by calibrated thresholds
  InputTable inputs;
  InputId last_input = 0;
  AttemptId last_attempt = 0;
  bool stopped = false;
  DecisionRecorder log;
};

}  // namespace sluice::pipeline
