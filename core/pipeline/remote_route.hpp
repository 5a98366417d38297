// The full model on the server: payload out, answer or error in, over the connection that link.hpp keeps. See route.hpp.
// A slot is held from the wish for a payload to the answer. When a payload is asked for, how it is to be made, and whether its
// request still goes, follows the link (flow.hpp): on a thin one the freshest input goes next, not a queue of old ones.
// max_in_flight counts what should have arrived at the server; what is still on the way there comes on top of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/client_options.hpp"
#include "core/pipeline/flow.hpp"
#include "core/pipeline/link.hpp"
#include "core/pipeline/outbox.hpp"
#include "core/pipeline/route.hpp"

namespace sluice::pipeline {

struct Manifest;

class RemoteRoute final : public Route {
 public:
  RemoteRoute(RouteHost& host, const Manifest& manifest, const ClientOptions& options, Link& link, Outbox& outbox);

  std::string_view name() const override { return "remote"; }
  bool runs_full_model() const override { return true; }
  Form form() const override { return Form::kWhole; }
  bool available(Instant) const override { return link_.serving(); }
  bool has_room(Instant now) const override;
  bool makes_it(Instant deadline, Instant now) const override;
  std::optional<Duration> estimate(const input::InputExtent& extent, Instant now) const override;
  bool awaits_driver(const Attempt& attempt) const override { return attempt.wire_id == 0; }
  void begin(Attempt& attempt, Instant now) override;
  void resume(Attempt& attempt, Product product, Duration took, Instant now) override;
  void answered(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor>&& outputs) override;
  void release(Attempt& attempt) override;
  Instant next_deadline() const override;

  // For another route that makes payloads of its own: a slot for its attempt, until release(); then the payload, whose answer goes to
  // the attempt's route.
  void reserve(const Attempt& attempt, Instant now);
  bool holds(const Attempt& attempt) const;  // a slot, still
  // Until when the first connection is worth waiting for, which is being made, and where every input is kept and has nowhere else to go also
  // the one after a connection that was lost: half an input's budget. Otherwise long ago.
  Instant awaited_until() const;
  // Why there is no server: what ended the connection last, and whether for good.
  Error why_absent() const;
  // Whether the bundle wants a picture of this extent to be sent without loss.
  bool sends_lossless(const input::InputExtent& extent) const;
  // Whether it wants that of any: a picture that was made small would be one.
  bool wants_lossless() const;
  bool takes(wire::Encoding encoding) const { return link_.encodings().contains(encoding); }
  // Whether a payload of so many bytes that is sent now may be answered by then.
  bool carries(std::size_t bytes, Instant deadline, Instant now) const { return flow_.makes_it(bytes, deadline, now); }
  // For whoever predicts: the link (flow.hpp), when the next payload should be made (kNever: not before a reply), and the most bytes that
  // one may have.
  Duration waits_for_link(Instant handed, Instant now) const { return flow_.waits_for_link(handed, now); }
  Duration known_round_trip() const { return flow_.known_round_trip(); }
  PayloadSetting setting_for(double unit_bytes) const { return flow_.setting_for(unit_bytes); }
  Instant room_at(Instant now) const;
  std::uint64_t most_payload_bytes() const;
  // The same, even if the link carried half as much as thought.
  bool surely_carries(std::size_t bytes, Instant deadline, Instant now) const {
    return flow_.surely_makes_it(bytes, deadline, now);
  }
  // False: it is not under way, and the attempt has ended. `until`: when its answer has to be here, at the earliest the input's deadline.
  bool send(Attempt& attempt, const Payload& payload, Instant until, Instant now);

  // A payload in parts: send_first(), then add_part() until `last`. The request is under way from its first part on.
  bool takes_parts() const { return link_.has(wire::kFeatureParts); }
  bool knows_link() const { return flow_.has_measured(); }
  // Whether there is time for the server to wait for more behind a first part of so many bytes.
  bool waits_for_parts(std::size_t first_bytes, Instant deadline, Instant now) const;
  bool send_first(Attempt& attempt, const Payload& payload, Instant now);
  // In release()'s place: the attempt has ended, but its answer is of use until then, and goes to the attempt's route. One request at a
  // time is left so; where one is already, or there is nothing to wait for, it is released.
  void leave(Attempt& attempt, Instant until);
  bool has_left() const { return left_.has_value(); }
  // Whether the socket has let go of what was handed over: a further part would not wait in it.
  bool has_room_for_part() const;
  // By when one of so many bytes has to go.
  Instant latest_part(std::size_t bytes, Instant deadline) const { return flow_.latest_start(bytes, deadline); }
  // Whether the messages so far have at least been taken by the driver.
  bool all_taken() const { return outbox_.held_bytes() == 0; }
  void add_part(Attempt& attempt, std::uint32_t number, Bytes bytes, bool last, Instant now);

  // What came over the connection.
  void on(const wire::Answer& answer, std::size_t bytes, Instant now);
  void on(const wire::ErrorMessage& error, std::size_t bytes, Instant now);
  void on_welcome();
  void on_pong();
  // The connection is gone: what was under way waits again.
  void on_lost();
  void tick(Instant now);

  std::uint32_t under_way() const { return static_cast<std::uint32_t>(slots_.size()); }

 private:
  struct Slot {
    AttemptId attempt = 0;
    PayloadSetting setting;  // that its payload was asked for with
    Instant asked;
  };

  // A request whose attempt has ended.
  struct Left {
    std::uint64_t wire_id = 0;
    Instant until;
    Route* route = nullptr;
  };

  // Those that the server takes and the bundle allows.
  EncodingList encodings_for(const input::InputExtent& extent) const;
  bool is_in_time(std::size_t bytes, Instant deadline, Instant now) const;
  bool send_request(Attempt& attempt, const Payload& payload, bool parts_follow, Instant until, Instant now);
  Result<wire::Request> make_request(const AttemptInput& input, const Payload& payload, Instant until,
                                     Instant now) const;
  Result<std::vector<OutputTensor>> outputs_of(const wire::Answer& answer) const;
  void on_late(const wire::Answer& answer, std::size_t bytes);
  bool known_id(std::uint64_t wire_id, Instant now);
  void refused(Attempt& attempt);
  bool awaits_next() const;
  void interrupted(Attempt& attempt);
  Attempt* find_wire(std::uint64_t wire_id);

  RouteHost& host_;
  const Manifest& manifest_;
  const ClientOptions& options_;
  Link& link_;
  Outbox& outbox_;
  FlowControl flow_;
  std::vector<Slot> slots_;
  std::optional<Left> left_;
  std::uint32_t encoding_ = 0;  // of them, those whose payload is being made
  std::uint64_t last_wire_id_ = 0;
  Instant now_;                          // of the last call that told
  Instant hold_until_ = Instant::min();  // the server asked for no requests before
};

}  // namespace sluice::pipeline
