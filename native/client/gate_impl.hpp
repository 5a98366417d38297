// The inside of Gate: one mutex around the sans-I/O pipeline, and what its events ask for. A caller who submits holds it while
// the questions are asked. The gate's own threads never wait for it: they leave a notice, and whoever holds the pipeline
// attends to the notices before and after letting go of it. User callbacks and promises follow once the mutex is free.
// Not for use outside native/client.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/exit/staged_program.hpp"
#include "core/run/program.hpp"
#include "core/split/device_half.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/client/alarm.hpp"
#include "native/client/bundle_source.hpp"
#include "native/client/gate.hpp"
#include "native/client/input_encoder.hpp"
#include "native/client/transport.hpp"
#include "native/client/worker.hpp"

namespace sluice::client {

// What the pipeline is told of a picture's own file; of none nothing.
pipeline::OwnForm own_form_of(std::string_view jpeg);

class Gate::Impl {
 public:
  static Result<std::unique_ptr<Impl>> create(const std::string& bundle, GateOptions options);
  ~Impl() { close(); }

  void start();
  Result<pipeline::InputId> submit(const input::InputView& input, InputOptions options, std::promise<Outcome>* promise);
  std::optional<Outcome> next_outcome(std::chrono::milliseconds timeout);
  void cancel(pipeline::InputId input);
  ConnectionStatus wait_for_connection(std::chrono::milliseconds timeout);
  ConnectionStatus connection() const;
  std::optional<Duration> round_trip_time();
  std::optional<pipeline::PromiseStanding> promise() const;
  std::string save_promise() const;
  Result<void> feedback(pipeline::InputId input, bool wrong);
  float set_accuracy_target(float target);
  pipeline::Manifest manifest() const;
  std::uint64_t model_multiply_adds() const;
  void close();

 private:
  // Promises to be kept once the mutex is free.
  using Deliveries = std::vector<std::pair<std::promise<Outcome>, Outcome>>;
  // An input whose outcome is still to come.
  struct Pending {
    pipeline::InputId id = 0;            // as submit() gave it; the pipeline of another version numbers from 1 again
    std::shared_ptr<SharedInput> input;  // null while submit() still holds the caller's view
    std::string traceparent;
    std::string jpeg;
    std::optional<std::promise<Outcome>> promise;
  };
  class SteadyClock final : public Clock {
   public:
    Instant now() override { return steady_now(); }
  };

  // What the gate's threads have to tell the pipeline.
  struct Opened {};
  struct Received {
    std::string message;
  };
  struct Sent {
    std::size_t bytes = 0;
  };
  struct Closed {
    Error why;
  };
  struct TimeCame {};
  struct Encoded {
    pipeline::AttemptId attempt = 0;
    pipeline::InputId input = 0;
    wire::Encoding encoding{};
    std::string bytes;
    Duration took{0};
  };
  struct Ran {
    pipeline::AttemptId attempt = 0;
    pipeline::InputId input = 0;
    std::vector<pipeline::OutputTensor> outputs;
    Duration took{0};
    std::uint64_t multiply_adds = 0;  // where they are counted
    enum class By : std::uint8_t { kModel, kDeviceHalf, kStage, kCut } by = By::kModel;
  };
  struct WorkFailed {
    pipeline::AttemptId attempt = 0;
    Error why;
  };
  using Notice = std::variant<Opened, Received, Sent, Closed, TimeCame, Encoded, Ran, WorkFailed>;

  // What is made of one version of the bundle. The workers' threads call into the gate.
  struct Version {
    bundle::Bundle bundle;
    std::unique_ptr<pipeline::Client> pipeline;
    std::unique_ptr<Worker> encoder;   // with a remote side
    std::unique_ptr<Worker> model;     // with a local side
    std::unique_ptr<Worker> device;    // with a remote side and a model in two halves
    std::unique_ptr<Worker> stand_in;  // where a variant of the model stands in for the server
    std::string stand_in_part;
    std::uint64_t model_multiply_adds = 0;  // of a model that runs by stages

    void stop_workers();
  };

  // --- gate_making.cpp
  Impl(BundleSource source, GateOptions options);
  Result<Version> make_version(std::stop_token stop);
  Result<void> make_pipeline(Version& version);
  Result<void> make_workers(Version& version);
  Result<void> make_model(Version& version);
  Result<void> make_stand_in(Version& version);
  Result<void> make_transport();

  // --- gate_impl.cpp

  // Runs `change` on the pipeline and then carries out what it wants. Waits for the mutex, which must not be held.
  template <typename Change>
  void update(Change change);
  // Hands a notice to whoever holds the pipeline, or attends to it here when nobody does. Never waits for the pipeline.
  void tell(Notice notice);
  void attend();
  // The mutex is held in these.
  Result<void> check_room() const;
  void settle(Deliveries& deliveries);
  void apply(Notice& notice);
  void carry_out(Deliveries& deliveries);
  void attend_to_events(Deliveries& deliveries);
  void send_messages();
  void end(pipeline::InputId inner, Outcome outcome, Deliveries& deliveries);
  void finish(Pending pending, Outcome outcome, Deliveries& deliveries);
  void end_audit(const pipeline::AuditEnded& ended);
  void let_go(std::shared_ptr<SharedInput> input);
  Pending* find_pending(pipeline::InputId inner);
  void begin(pipeline::RunWanted wanted);
  Worker& worker_of(const pipeline::Work& work) const;
  void take_payload(pipeline::AttemptId attempt, pipeline::InputId inner, pipeline::Payload payload, Duration took);
  void report(ConnectionStatus status);
  void report_promise();
  std::shared_ptr<SharedInput> hold(const input::InputView& input);

  void encode(InputEncoder& encoder, const pipeline::RunWanted& wanted, const input::InputView& input);
  // `stage`: whatever makes outputs of an input.
  template <typename RunnableStage>
  void run(RunnableStage& stage, const pipeline::RunWanted& wanted, const input::InputView& input);
  void run_stage(exits::StagedProgram& program, const pipeline::RunWanted& wanted, const input::InputView& input);
  void record(const Ran& ran, Instant now);
  void deliver(Deliveries& deliveries);
  void report_changes();

  // --- gate_renewal.cpp: the server has another version of the bundle. The mutex is held in the first four.
  bool begin_renewal(const pipeline::StateChanged& changed);  // whether the change is reported later, if at all
  bool offer_again(Deliveries& deliveries);  // the first that waits; false: none, or there is no room for it
  void take_up(Version version, Deliveries& deliveries);
  void end_renewal(const Error& problem);
  void renew(const std::stop_token& stop);  // the thread's
  Result<Version> other_version(const std::stop_token& stop);
  void stop_renewal();

  const BundleSource source_;
  const GateOptions options_;

  std::mutex
      reporting_;  // held while the user is told of changes, so that they come in order; locked before the others
  mutable std::mutex mutex_;  // guards what follows; locked before outcomes_mutex_ and notices_mutex_
  SteadyClock clock_;
  Version version_;                                         // replaced by the renewal's thread alone
  std::unordered_map<pipeline::InputId, Pending> pending_;  // by the pipeline's number
  std::unordered_map<pipeline::InputId, Pending> audited_;  // that have their outcome, and are still needed; the same
  // Of inputs that were answered without the full model, the user's number and the pipeline's: what feedback may be about.
  std::deque<std::pair<pipeline::InputId, pipeline::InputId>> answered_;
  pipeline::InputId last_input_ = 0;
  std::optional<float> accuracy_target_;
  std::vector<std::shared_ptr<SharedInput>> spare_inputs_;
  const input::InputView* submitting_ = nullptr;  // the caller's view, while submit() runs
  Instant armed_ = kNever;                        // the deadline that the alarm was last set to
  std::vector<Notice> attending_;                 // a batch taken from notices_
  std::optional<ConnectionStatus> renewing_;  // the refusal that is not reported yet, while the bundle's place is read
  std::deque<Pending> again_;                 // to be offered to the version that was taken up, in order
  std::uint32_t renewals_in_a_row_ = 0;       // since a server answered
  bool closing_now_ = false;
  bool log_ended_ = false;  // options_.decisions has its last line

  mutable std::mutex outcomes_mutex_;  // guards what follows
  std::condition_variable outcome_came_;
  std::condition_variable connection_changed_;
  std::deque<Outcome> outcomes_;
  ConnectionStatus status_;
  std::deque<ConnectionStatus> changes_;                     // that the user was not told of yet
  std::optional<pipeline::PromiseStanding> promise_change_;  // the same

  std::mutex notices_mutex_;  // guards notices_
  std::vector<Notice> notices_;

  std::once_flag closing_;

  // Their threads call into the above, so they go first.
  std::unique_ptr<Alarm> alarm_;
  std::unique_ptr<Transport> transport_;  // with a remote side
  std::condition_variable_any renewal_wanted_;
  std::jthread renewal_;  // once a server had another version
};

}  // namespace sluice::client
