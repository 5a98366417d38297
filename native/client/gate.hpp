// A gate in front of a model, for native programs: inputs of the bundle's kind in (pictures, sound, signals, text, tensors),
// answers out. Opens a bundle, asks its questions about every input, sends those that matter to a server, and reconnects with
// back-off when the server goes away.
//
//   auto gate = Gate::open("bundles/faces", {.server = "ws://127.0.0.1:8080"});
//   gate->submit(picture);                          // asks the questions on the caller's thread
//   auto outcome = gate->next_outcome(100ms);       // an answer, or why there is none
//
// A server that comes back with another version of the bundle: the gate reads the place that its own came from again, and goes on
// with what lies there now, the inputs under way included.
//
// Every submitted input ends in exactly one outcome. All functions may be called from any thread; the questions of one input
// are asked at a time. The gate owns a thread for its timer, and where it may ask a server one for I/O and one for encoding,
// where the full model may run on this device one for that, where the model comes in two halves one for the device half, and after a first renewal one that reads bundles. The I/O thread waits for none of the work. Inputs are borrowed
// during submit() only.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/base/result.hpp"
#include "core/input/input.hpp"
#include "core/pipeline/client.hpp"
#include "core/pipeline/decision_log.hpp"

namespace sluice::client {

// The answer, or the failure that says why there is none.
using Outcome = std::variant<pipeline::Answer, pipeline::Failed>;

struct ConnectionStatus {
  pipeline::ConnectionState state = pipeline::ConnectionState::kIdle;
  std::optional<Error> why;       // of kBackingOff and kStopped
  std::uint32_t retry_in_ms = 0;  // of kBackingOff
};

struct GateOptions {
  std::string server;                // "ws://127.0.0.1:8080", "wss://host"; not looked at when pipeline.place is kLocal
  std::string token;                 // for a server that wants one; never logged or recorded
  std::filesystem::path ca_file;     // PEM certificates to trust for wss:// beside the system's
  pipeline::ClientOptions pipeline;  // queue policy, place, budgets, back-off
  std::optional<float> accuracy_target;  // (0, 1]; the bundle's default otherwise
  bool ask_filter = true;                // false: no question is asked, every input goes to the full model
  bool exits = true;  // of a bundle with early exits the model on this device runs by stages; false: it runs whole
  // Of a bundle in two halves the device half runs here, of one whose exits have a cut the stages up to that; false: inputs go to the
  // full model.
  bool split = true;
  std::uint32_t jpeg_quality = 85;             // 1 to 100, at most; a thin link lowers it within the bundle's bounds
  std::uint32_t max_unread_outcomes = 65'536;  // submit() refuses above it; read them with next_outcome()

  // With pipeline.live_promise: what save_promise() gave, to go on from. Empty: it begins anew, as it does when the server has another version.
  std::string promise_state;

  // Receives the decision log (core/pipeline/decision_log.hpp), from any thread, one line at a time; must not call the gate.
  // Borrowed until close(). The log ends, with pipeline::kLogCutOff, where the gate goes on with another version of the bundle.
  pipeline::DecisionSink* decisions = nullptr;

  // Told of every change of the connection, in order and one at a time, from a thread of the gate or from within a call. Must
  // not call the gate.
  std::function<void(const ConnectionStatus&)> on_connection;
  // With pipeline.live_promise: told when what is known of the promise has changed in kind, its state, or by an alarm; as on_connection, but not
  // in order with it.
  std::function<void(const pipeline::PromiseStanding&)> on_promise;
  // Told when the gate has gone on with another version of the bundle; as on_connection, but not in order with it.
  std::function<void(const pipeline::Manifest&)> on_renewed;
};

// Of one input.
struct InputOptions {
  // The trace that it belongs to, as W3C Trace Context's `traceparent`; goes to the server with the input, which puts it into what it
  // logs about the request where the trace is sampled. Empty: none.
  std::string traceparent;
  // The same picture as the JPEG file that it was read from, upright and of the input's size: sent as it is where that is expected to be
  // answered first (pipeline.place_forms, or choose). Empty: there is none, or it isn't wanted.
  std::string jpeg;
};

// Whether a gate with these options runs the device half of a model in two halves.
bool runs_device_half(const pipeline::Manifest& manifest, const GateOptions& options);

// Whether a gate with these options runs the model on this device by stages, with its early exits.
bool runs_exits(const pipeline::Manifest& manifest, const GateOptions& options);

// Whether a gate with these options runs the first stages of the model here, and has a server go on from the cut.
bool runs_to_cut(const pipeline::Manifest& manifest, const GateOptions& options);

class Gate {
 public:
  // `bundle`: a folder, or the http:// or https:// address of one, "http://127.0.0.1:8080/bundles/faces" of a server for example (the
  // token goes along where that is options.server's host, port and scheme). Reads the manifest and the parts that are needed here, and verifies
  // them; connects in the background.
  // Errors: kMalformedManifest, kBundlePartMissing, kBundlePartCorrupt, kFetchFailed, kUnauthenticated, the model's own,
  // kInvalidArgument.
  static Result<std::unique_ptr<Gate>> open(const std::string& bundle, GateOptions options);
  ~Gate();  // close()
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Asks about an input and sends it on if it matters; the outcome comes by next_outcome(). The input was not taken when
  // this fails: kInvalidImage, kInvalidInput, kTooManyInFlight (kKeepAll: wait for outcomes first), kDisposed after close(),
  // kInvalidArgument for a traceparent in another form.
  Result<pipeline::InputId> submit(const input::InputView& input, InputOptions options = {});

  // The same, with the outcome in a future instead. An input not taken is a Failed with input 0.
  std::future<Outcome> infer(const input::InputView& input, InputOptions options = {});

  // The next outcome of submit(), waiting up to `timeout`; nullopt when none has come.
  std::optional<Outcome> next_outcome(std::chrono::milliseconds timeout);

  // Gives up on an input; it ends as kCancelled unless its outcome has come already.
  void cancel(pipeline::InputId input);

  // Waits until the connection is ready, backing off or stopped, or the time is over; returns how it stands.
  ConnectionStatus wait_for_connection(std::chrono::milliseconds timeout);
  ConnectionStatus connection() const;
  // The last ping's round trip on this connection.
  std::optional<Duration> round_trip_time() const;

  // Returns the calibrated target that is kept; 1 when none reaches it and every input is run.
  float set_accuracy_target(float target);

  // How the live promise stands (GateOptions::pipeline.live_promise); nullopt: there is none, or the target is 1. Another version of the bundle
  // begins anew.
  std::optional<pipeline::PromiseStanding> promise() const;
  // What the live promise has learned and spent (core/promise/promise_state.hpp), for GateOptions::promise_state; empty without one.
  std::string save_promise() const;
  // What the application knows of an answer that was given without the full model: whether it was wrong. kNotFound where the input is not among
  // the last ones that were, or this was told already; kInvalidArgument without a live promise.
  Result<void> feedback(pipeline::InputId input, bool wrong);

  // Of the version that the gate works with now.
  pipeline::Manifest manifest() const;
  // Of one run of the model to its end, without exits, to hold Cost::local_multiply_adds against; 0 where it does not run by stages.
  std::uint64_t model_multiply_adds() const;

  // Fails what is under way with kCancelled, closes the connection and ends the threads. Outcomes stay readable.
  void close();

 private:
  class Impl;
  explicit Gate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::client
