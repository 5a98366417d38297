// The inside of Gate: one mutex around the sans-I/O pipeline, and what its events ask for. Whoever changed the pipeline
// (the caller, the I/O thread, the model's thread) carries out what it wants before letting go of the mutex; user callbacks
// and promises follow after that. Not for use outside native/client.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "native/bundle/bundle_folder.hpp"
#include "native/client/gate.hpp"
#include "native/client/local_runner.hpp"
#include "native/client/picture_encoder.hpp"
#include "native/client/transport.hpp"

namespace sluice::client {

class Gate::Impl {
 public:
  static Result<std::unique_ptr<Impl>> create(const std::filesystem::path& folder, GateOptions options);
  ~Impl() { close(); }

  void start();
  Result<pipeline::FrameId> submit(const input::ImageView& frame, std::promise<Outcome>* promise);
  std::optional<Outcome> next_outcome(std::chrono::milliseconds timeout);
  void cancel(pipeline::FrameId frame);
  ConnectionStatus wait_for_connection(std::chrono::milliseconds timeout);
  ConnectionStatus connection() const;
  std::optional<Duration> round_trip_time() const;
  float set_accuracy_target(float target);
  const pipeline::Manifest& manifest() const { return bundle_.manifest; }
  void close();

 private:
  // Promises to be kept once the mutex is free.
  using Deliveries = std::vector<std::pair<std::promise<Outcome>, Outcome>>;
  // A frame whose outcome is still to come.
  struct Pending {
    std::shared_ptr<HeldPicture> picture;  // null while submit() still holds the caller's view
    std::optional<std::promise<Outcome>> promise;
  };
  class SteadyClock final : public Clock {
   public:
    Instant now() override;
  };

  Impl(bundle::Bundle bundle, GateOptions options, PictureEncoder encoder);
  Result<void> make_pipeline();
  Result<void> make_transport();
  Result<void> make_local_runner();

  // Runs `change` on the pipeline and then carries out what it wants. The mutex must not be held.
  template <typename Change>
  void update(Change change);
  void carry_out(Deliveries& deliveries);
  void finish(pipeline::FrameId frame, Outcome outcome, Deliveries& deliveries);
  void encode(const pipeline::PayloadWanted& wanted);
  void run_locally(pipeline::FrameId frame);
  void deliver(Deliveries& deliveries);
  void report_changes();
  std::shared_ptr<HeldPicture> spare_picture();

  const bundle::Bundle bundle_;  // owns the bytes that the filter borrows
  const GateOptions options_;

  std::mutex reporting_;  // held while the user is told of changes, so that they come in order; locked before mutex_
  mutable std::mutex mutex_;  // guards all that follows
  std::condition_variable outcome_came_;
  std::condition_variable connection_changed_;
  SteadyClock clock_;
  PictureEncoder encoder_;
  std::unique_ptr<pipeline::Client> pipeline_;
  std::unordered_map<pipeline::FrameId, Pending> pending_;
  std::vector<std::shared_ptr<HeldPicture>> spare_pictures_;
  const input::ImageView* submitting_ = nullptr;  // the caller's view, while submit() runs
  std::promise<Outcome>* submitting_promise_ = nullptr;
  std::deque<Outcome> outcomes_;
  ConnectionStatus status_;
  std::deque<ConnectionStatus> changes_;  // that the user was not told of yet
  Instant armed_ = kNever;                // the deadline the transport was last asked to wake us at
  bool closed_ = false;
  std::once_flag closing_;

  // Their threads call into the above, so they go first.
  std::unique_ptr<LocalRunner> local_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace sluice::client
