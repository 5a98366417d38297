// How an input that no question answered gets its answer: over the connection, on this device, and ways to come (a split
// model, early exits). Adding a way is one class behind Route and one line where the client makes its routes. An input owns
// one or two attempts; the first acceptable result wins, and the best one so far answers when the deadline comes.
// Routes belong to one client and are used by one thread at a time. They decide nothing about inputs: they tell their host.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/time.hpp"
#include "core/input/modality.hpp"
#include "core/pipeline/client_events.hpp"
#include "core/pipeline/question.hpp"

namespace sluice::pipeline {

class Route;

struct Attempt {
  AttemptId id = 0;  // 0: there is none
  InputId input = 0;
  Route* route = nullptr;
  std::uint64_t wire_id = 0;  // of its request, once it has been made
  Instant begun;
  Instant sent;
  std::optional<FormSetting> placed;  // how its payload is to be made, where that was chosen (placer.hpp)
};

// What a route needs to know of an attempt's input, and may write its costs into.
struct AttemptInput {
  input::InputExtent extent;
  Instant offered;
  Instant deadline;
  Cost* cost = nullptr;
  SharedKey key;
  std::string* variant = nullptr;  // of the model, that answered
  bool audit = false;              // it has an answer, and the full model alone is wanted
};

// What an attempt has come to half-way: there is an answer, and what goes on would give a better one.
struct HalfWay {
  adapt::AnswerKind kind = adapt::AnswerKind::kExit;  // of that answer
  std::uint32_t place = 0;                            // of an exit
  bool sends = false;                                 // what goes on goes to the server
  float confidence = 0;                               // of an exit
  std::span<const float> logits{};                    // of a guess, by which its confidence goes
  std::span<const std::int32_t> ends{};               // of its features, how many bytes each channel needs
};
enum class Onward : std::uint8_t {
  kAsTheRoute,  // decides by its thresholds
  kAnswer,      // with what there is
  kGoOn,
  kLeave,  // the input takes another route
};
struct OnwardChoice {
  Onward way = Onward::kAsTheRoute;
  std::uint32_t channels = 0;  // of kGoOn, with features: how many go; 0: as the route has it
};

// What routes tell the client. Everything named by an attempt that has ended is ignored.
class RouteHost {
 public:
  virtual ~RouteHost() = default;
  virtual AttemptInput input_of(const Attempt& attempt) = 0;
  virtual void want(const Attempt& attempt, Work work) = 0;

  // Whether an attempt goes on from there.
  virtual OnwardChoice half_way([[maybe_unused]] Attempt& attempt, [[maybe_unused]] const HalfWay& there) { return {}; }
  // The attempt's result answers the input. `why` is the route's part of the answer's reason, and may be empty.
  virtual void answer(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor> outputs, std::string why) = 0;
  // A result that will do if no better one comes before the deadline; the attempt goes on.
  virtual void keep(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor> outputs, std::string why) = 0;
  // The attempt came to nothing; the input fails unless another attempt is under way or a result was kept.
  virtual void fail(Attempt& attempt, Error error) = 0;
  // The attempt ends and the input waits again; `interrupted` inputs are not replaced by newer ones.
  virtual void retry(Attempt& attempt, bool interrupted) = 0;
  // The attempt of this number, or nullptr when it has ended.
  virtual Attempt* find_attempt(AttemptId id) = 0;
};

class Route {
 public:
  virtual ~Route() = default;
  virtual std::string_view name() const = 0;  // "remote"
  // Whether what it answers is the full model's, or can be made to be (RouteHost::half_way()).
  virtual bool runs_full_model() const { return false; }
  // In which form its inputs are answered; of the remote route one of several.
  virtual Form form() const { return Form::kHere; }

  // Whether the route is to be had at all at this time. While it is, its inputs wait for room rather than go elsewhere.
  virtual bool available(Instant now) const = 0;
  // Whether what it would give now only fills in for an answer: any other route that is available goes before it.
  virtual bool fills_in([[maybe_unused]] Instant now) const { return false; }
  // Why inputs go past it although a server is there, in words for an answer's reason; empty where they do not.
  virtual std::string_view passed_over() const { return {}; }
  // Whether it has room for one more attempt.
  virtual bool has_room(Instant now) const = 0;
  // Whether an attempt begun now may still be answered by then; where it may not, a younger input takes the room.
  virtual bool makes_it([[maybe_unused]] Instant deadline, [[maybe_unused]] Instant now) const { return true; }
  // How long an input of this extent will take; nullopt while nothing is known, or what is known is too old.
  virtual std::optional<Duration> estimate(const input::InputExtent& extent, Instant now) const = 0;
  // The share of all inputs that it may answer otherwise than the full model would; returns what it spends of that. Above what it
  // can keep to it is not available. The full model, wherever it runs, spends nothing.
  virtual float set_error_budget([[maybe_unused]] float allowed) { return 0; }
  // Whether inputs go on is chosen half-way (RouteHost::half_way()) from now on: the route is to be had whatever the accuracy target.
  virtual void open_to_choice() {}
  virtual bool asks_half_way() const { return false; }
  // Whether it may run beside another route's attempt for the same input.
  virtual bool runs_beside() const { return false; }

  virtual void begin(Attempt& attempt, Instant now) = 0;
  // Whether the driver was asked for something that has not come yet; what comes otherwise is ignored.
  virtual bool awaits_driver(const Attempt& attempt) const {
    static_cast<void>(attempt);
    return true;
  }
  // What the driver made for the attempt.
  virtual void resume(Attempt& attempt, Product product, Duration took, Instant now) = 0;
  // A server that has too much to do refused the request that the remote route sent for this one. True: the attempt goes on, and the route
  // sends again when there is room; false: it ends, and the input waits again.
  virtual bool sends_again([[maybe_unused]] Attempt& attempt) { return false; }
  // What the server answered to a request that the remote route sent for this one.
  virtual void answered(Attempt&, AnswerKind, std::vector<OutputTensor>&&) {}
  // The same for an attempt that had ended before, whose request was left (RemoteRoute::leave()).
  virtual void answered_late([[maybe_unused]] std::vector<OutputTensor>&& outputs, [[maybe_unused]] std::size_t bytes) {
  }
  // The attempt has ended, in whatever way; called once for each that began. Its room is free again, and what is still under way
  // for it is not needed any more.
  virtual void release(Attempt& attempt) = 0;
  // Time has passed, or bytes have left: goes on with what is under way.
  virtual void advance([[maybe_unused]] Instant now) {}
  // When advance() has something to do by the passing of time alone.
  virtual Instant advances_at() const { return kNever; }
  // When has_room() may turn true by the passing of time alone.
  virtual Instant next_deadline() const { return kNever; }
};

}  // namespace sluice::pipeline
