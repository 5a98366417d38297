// The model with exits between this device and a server (MANIFEST.md, `exits.cut`; SPINN, MobiCom'20): the stages up to the cut run here, and
// an exit that is sure answers; otherwise the tensor at the cut goes, quantised and coded, over the remote route's connection to the server's
// stages, which have exits too. The thresholds are those of one point of the bundle, calibrated with what the coding leaves of the tensor;
// the request says which, so that both ends ask by the same.
// Every exit that was asked and was not sure is kept, the latest one last: it answers where the server is late, gone, refuses, or was never
// there, whatever the target, and Answer::stopgap tells. So that there is one, the exit at the cut is asked even where the target closes it.
// Where the model may run here as a whole, that goes before while no server is there. Where more is asked than any point keeps, and a server is
// there, the route is not available and the picture goes to the full model.
// One input at a time runs here (StagesInUse); others may be under way to the server meanwhile. What was coded is kept until it is answered: a
// request that an overloaded server refused goes again, and so does what a lost connection took along where every input is kept
// (RemoteRoute::awaited_until()); no stage runs twice. One may wait for the server to have room, and those that go again; when the time of the first is nearly up, those behind it run their stages and, as long as it waits, are answered by their exits.
// The driver runs the part ExitsSpec::part as for exit_route.hpp, and codes what the last of these stages left (RunStage::coded): uint8 [bytes].
// See route.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pipeline/exit_route.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/route.hpp"

namespace sluice::pipeline {

class RemoteRoute;

class ExitSplitRoute final : public Route {
 public:
  // `remote` outlives the route; nullptr: no server. Precondition: the section has a cut.
  ExitSplitRoute(RouteHost& host, RemoteRoute* remote, const ExitsSpec& spec,
                 std::shared_ptr<StagesInUse> stages = std::make_shared<StagesInUse>());

  std::string_view name() const override { return "split"; }
  Form form() const override { return Form::kStages; }
  bool available(Instant now) const override;
  bool fills_in(Instant now) const override { return !served(now); }
  bool has_room(Instant now) const override { return !stages_->busy && (held_.empty() || now >= leaves_held_at()); }
  // Of the stages here, and of the server's answer where anything is known of that.
  std::optional<Duration> estimate(const input::InputExtent& extent, Instant now) const override;
  float set_error_budget(float allowed) override;
  void open_to_choice() override { within_target_ = true; }
  bool asks_half_way() const override { return true; }
  bool awaits_driver(const Attempt& attempt) const override { return attempt.id == running_; }
  void begin(Attempt& attempt, Instant now) override;
  void resume(Attempt& attempt, Product product, Duration took, Instant now) override;
  bool sends_again(Attempt& attempt) override;
  void answered(Attempt& attempt, AnswerKind kind, std::vector<OutputTensor>&& outputs) override;
  void release(Attempt& attempt) override;
  void advance(Instant now) override;
  Instant advances_at() const override;
  Instant next_deadline() const override;

 private:
  // What the stages here left of an input.
  struct Coded {
    AttemptId attempt = 0;
    Tensor payload;
    std::string traceparent;
    std::size_t point = 0;  // of the cut's
    bool within_target = false;
    Instant deadline;
  };

  // Behind a payload that is held so long, the inputs that wait run their stages all the same, so that an exit is there to answer them.
  Instant leaves_held_at() const;
  bool served(Instant now) const;
  bool awaits_server(Instant now) const;
  void want_stage(const Attempt& attempt);
  void take_exit(Attempt& attempt, std::vector<OutputTensor> outputs);
  void take_payload(Attempt& attempt, StageOutputs& made, Instant now);
  void send_held(Instant now);
  bool send(Attempt& attempt, Coded& coded, Instant now);
  void free_stages();

  RouteHost& host_;
  RemoteRoute* const remote_;
  const ExitsSpec spec_;
  const std::shared_ptr<StagesInUse> stages_;
  bool within_target_ = false;
  std::size_t point_ = 0;  // of the cut's

  // Of the input that runs here.
  AttemptId running_ = 0;  // 0: none does
  std::uint32_t stage_ = 0;
  bool with_exit_ = false;  // is asked behind that stage
  bool coding_ = false;     // the stages have run, and what they left is being coded
  std::size_t run_point_ = 0;
  bool run_within_target_ = false;
  Duration spent_{0};

  std::vector<Coded> held_;       // that wait for the server, while it is not there or has no room, the oldest first
  std::vector<Coded> under_way_;  // to the server
  std::optional<Duration> last_took_;
  Instant now_;  // of the last call that told
};

}  // namespace sluice::pipeline
