// The model in two halves (MANIFEST.md, `split`): the device half runs here and gives a guess and coded features; the features go to
// the remote half over the remote route's connection, as many channels as the accuracy target takes and the deadline lets through; the
// guess is put to what comes back, by shares that were learned with both:
//   answer = share[n] * guess + (1 - share[n]) * remote,  n channels of features having come (AgileNN, MobiCom'22, 3.3)
// On a link that may not carry them all in time the features go in parts, where the server takes such: the next one when the socket has
// let go of the one before and while it would still be in time, so that what arrived answers, however many channels that are
// (split_payload.hpp).
// The guess answers where nothing comes back in time, or no server is there, whatever the target: better than none, and told apart by
// its output wire::kChannelsOutput, 0. Where the full model may run on this device, that answers while no server is there. While the first
// connection is being made the device half runs all the same, and only what is to be sent waits for it, half an input's budget at most,
// for one input at a time: the guess is at hand whenever the deadline comes. So it is where the guess alone is less than was asked for and
// features are never sent: the picture goes to the server's full model as soon as that is there. Where more is asked than the halves
// together can keep, and a server is there, the route is not available and the picture goes to the full model.
// Where older answers may be put to guesses (stale_answer.hpp), no picture waits for the link: one that the server has no room for, or could
// not answer in time, is guessed at once; one request at a time goes all the same though its answer will be late, and a request whose
// deadline comes first is left to be answered for the pictures behind it.
// The driver runs the part SplitSpec::device and submits the outputs named below; with fewer ends than there are channels no more than
// those are sent. An answer from more channels than the bytes sent may hold is refused, so the ends include those of channels that the
// last bytes may complete as well. See route.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "core/pipeline/route.hpp"
#include "core/pipeline/split_payload.hpp"
#include "core/pipeline/stale_answer.hpp"

namespace sluice::pipeline {

class RemoteRoute;

// What a run of the device half gives, in this order, and what of it an answer has.
inline constexpr std::size_t kGuessOutput = 0;     // float32, of the shape and name of the model's own output
inline constexpr std::size_t kFeaturesOutput = 1;  // uint8 [bytes], the payload
inline constexpr std::size_t kEndsOutput =
    2;  // int32 [channels], how many of those bytes each channel needs, and all before it

class SplitRoute final : public Route {
 public:
  // `shares`: of the guess, by the number of channels that came, from 0 on. `remote` outlives the route; nullptr: no server.
  // `stale_answers`: ClientOptions::stale_answer_ms.
  SplitRoute(RouteHost& host, RemoteRoute* remote, const SplitSpec& spec, std::vector<float> shares,
             Duration stale_answers = Duration::zero());

  std::string_view name() const override { return "split"; }
  Form form() const override { return Form::kFeatures; }
  bool available(Instant now) const override;
  bool fills_in(Instant now) const override { return !served(now); }
  std::string_view passed_over() const override;
  bool has_room(Instant now) const override;
  std::optional<Duration> estimate(const input::InputExtent& extent, Instant now) const override;
  float set_error_budget(float allowed) override;
  void open_to_choice() override;
  bool asks_half_way() const override { return true; }
  bool awaits_driver(const Attempt& attempt) const override { return attempt.wire_id == 0; }
  void begin(Attempt& attempt, Instant now) override;
  void resume(Attempt& attempt, Product product, Duration took, Instant now) override;
  void answered(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor>&& outputs) override;
  void answered_late(std::vector<OutputTensor>&& outputs, std::size_t bytes) override;
  void release(Attempt& attempt) override;
  void advance(Instant now) override;
  Instant advances_at() const override;

 private:
  struct UnderWay {
    AttemptId attempt = 0;
    bool made = false;  // the device half has run, and what follows is there
    Tensor guess;
    std::string name;
    std::uint32_t channels = 0;  // that were chosen for it; 0: as many as the target takes
    bool held = false;           // its payload, while the server that is to take it is not there or has no room
    std::string traceparent;
    std::uint32_t parts = 0;  // the number of the next part, while more may follow; otherwise 0
    SplitPayload payload;
    Instant offered;
    Instant deadline;
  };
  // What is known of the request that was left.
  struct Late {
    Instant offered;
    std::uint32_t most_channels = 0;  // that its answer may be of
    Shape shape;                      // of the guess
  };

  bool served(Instant now) const;
  bool awaits_server(Instant now) const;
  bool guess_will_do() const;  // it alone is all that was asked for
  void answer_guess(Attempt& attempt, UnderWay& one);
  UnderWay& find(const Attempt& attempt);
  void send_held(Attempt& attempt, UnderWay& one, Instant now);
  void send(Attempt& attempt, UnderWay& one, Instant now);
  void send_parts(Attempt& attempt, UnderWay& one, Instant now);
  void send_late(Attempt& attempt, UnderWay& one, Instant now);
  Instant useful_until(const UnderWay& one) const { return one.deadline + stale_.most_age(); }
  std::string put_stale_to(const Attempt& attempt, Tensor& guess, Instant offered);

  RouteHost& host_;
  RemoteRoute* const remote_;
  const std::string device_;
  const std::vector<SplitPoint> points_;
  const std::vector<float> shares_;
  StaleAnswer stale_;
  Late late_;  // of the one that remote_ has left, if it has
  bool within_target_ = false;
  std::uint32_t channels_ = 0;        // that are sent
  std::uint32_t least_channels_ = 0;  // of the least point that takes any
  std::vector<UnderWay> under_way_;
  std::uint32_t making_ = 0;  // of them, those that the device half runs for
  std::optional<Duration> last_took_;
  Instant now_;  // of the last call that told
};

}  // namespace sluice::pipeline
