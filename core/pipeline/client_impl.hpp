// The inside of Client: what happens to a frame, in four files by occasion. client.cpp: the public face, start, stop, time.
// client_frames.cpp: a frame is offered, queued and ends. client_remote.cpp: payloads, answers and errors over the
// connection (link.hpp). client_local.cpp: the full model on this device. Not for use outside them.
#pragma once

#include "core/pipeline/client.hpp"
#include "core/pipeline/decision_log.hpp"
#include "core/pipeline/frame_table.hpp"
#include "core/pipeline/link.hpp"
#include "core/pipeline/outbox.hpp"
#include "core/pipeline/ring_queue.hpp"

namespace sluice::pipeline {

struct Client::Impl {
  Impl(const Manifest& manifest, std::vector<std::unique_ptr<Question>> asked, const ClientOptions& chosen,
       Clock* clock);

  // client.cpp
  void stop(Instant now);
  void tick(Instant now);
  Instant next_deadline() const;
  float set_accuracy_target(float target);

  // client_frames.cpp
  Result<FrameId> offer(const input::ImageView& image, Instant now);
  void cancel(FrameId id, Instant now);
  void dispatch(Instant now);  // gives waiting frames the slots that are free
  void expire(Instant now);
  void drop_superseded();
  void end_answered(Frame& frame, AnswerKind kind, std::vector<OutputTensor> outputs);
  void end_failed(Frame& frame, Error error);
  void end_if(FrameId id, FrameState state, Error error, Instant now);  // fails the frame if it is in that state
  void forget(Frame& frame);
  Error expiry_error(const Frame& frame) const;

  // client_remote.cpp
  bool may_send(Instant now) const;
  bool has_remote_slot() const;
  void want_payload(Frame& frame);
  void submit_payload(FrameId id, wire::Encoding encoding, Bytes payload, Duration encode_time, Instant now);
  Result<wire::Request> make_request(const Frame& frame, wire::Encoding encoding, Bytes payload, Instant now) const;
  void receive(Bytes bytes, Instant now);
  void on(const wire::Answer& answer, std::size_t bytes, Instant now);
  void on(const wire::ErrorMessage& error, std::size_t bytes, Instant now);
  void on_lost(Instant now);  // after anything that may have ended the connection
  void withdraw(Frame& frame);
  bool known_id(std::uint64_t wire_id, Instant now);

  // client_local.cpp
  bool may_run_here() const;
  void want_local(Frame& frame);
  void submit_local(FrameId id, std::vector<OutputTensor> outputs, Duration compute_time);

  const ClientOptions options;
  const input::ImageSpec model_input;
  std::vector<std::unique_ptr<Question>> questions;
  float last_target = 0;
  std::vector<float> targets;  // what each question keeps; 0 until one was chosen
  Clock* cost_clock;
  RingQueue<ClientEvent> events;
  Outbox outbox;
  Link link;
  FrameTable frames;
  FrameId last_frame = 0;
  std::uint64_t last_wire_id = 0;
  Instant hold_until = Instant::min();  // the server asked for no requests before
  bool stopped = false;
  DecisionRecorder log;
};

}  // namespace sluice::pipeline
